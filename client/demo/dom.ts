/** The few DOM helpers that the page shares. @module */

/** The element with this id. Throws where index.html has none, which is a mistake in the page. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (!element) throw new Error(`Cannot find #${id}: expected it in index.html`);
  return element as E;
}

type Attribute = string | number | boolean | undefined;

/** Makes an element; `true` sets an empty attribute, `false` and `undefined` set none. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, Attribute> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Makes an SVG element. */
export function makeSvg(
  tag: string,
  attributes: Record<string, Attribute> = {},
  ...children: Node[]
): SVGElement {
  const element = document.createElementNS(SVG, tag) as SVGElement;
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/** A picture from icons.svg, hidden from screen readers: the button says in words what it does. */
export function icon(name: string): SVGElement {
  return makeSvg(
    "svg",
    { class: "icon", "aria-hidden": "true" },
    makeSvg("use", { href: `/demo/icons.svg#${name}` }),
  );
}

/** Changes the picture of an element made with {@linkcode icon} or written in index.html. */
export function setIcon(within: Element, name: string): void {
  const use = within.querySelector("use");
  const href = `/demo/icons.svg#${name}`;
  if (use && use.getAttribute("href") !== href) use.setAttribute("href", href);
}

/** Sets an attribute, or removes it where the value is `false` or `undefined`. */
export function setAttribute(element: Element, name: string, value: Attribute): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

function setAttributes(element: Element, attributes: Record<string, Attribute>): void {
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
}

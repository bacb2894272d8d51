/**
 * What all pictures have in common, as text of SVG.
 *
 * @module
 */

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A point of a path, to a tenth of a pixel. */
export function at(value: number): string {
  return value.toFixed(1);
}

/** A path through points that are already text, `x y` each. */
export function through(points: readonly string[]): string {
  return `M${points.join("L")}`;
}

const STYLE = `.back { fill: #fff } text { font-size: 12px; fill: #222 } .title { font-size: 15px }
  .small { font-size: 10px; fill: #555 } .middle { text-anchor: middle } .end { text-anchor: end }
  .grid { stroke: #e4e4e4; fill: none } .event { stroke: #06c; fill: none; stroke-dasharray: 3 2 }`;

/** A whole picture on white; `style` is added to what all have: title, small, middle, end, grid, event. */
export function svg(width: number, height: number, body: string, style = ""): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif">
<style>
  ${STYLE}
  ${style}
</style>
<rect class="back" width="100%" height="100%"/>
${body}
</svg>
`;
}

import type { Browser } from "playwright-core";

/** Writes `<path>.svg`, and `<path>.png` as the browser draws it, `width` pixels wide. */
export async function writeSvg(
  browser: Browser,
  path: URL,
  svg: string,
  width: number,
): Promise<void> {
  await Deno.writeTextFile(new URL(`${path}.svg`), svg);
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  await page.setContent(`<body style="margin: 0">${svg}</body>`);
  const png = await page.locator("svg").screenshot();
  await Deno.writeFile(new URL(`${path}.png`), png);
  await page.close();
}

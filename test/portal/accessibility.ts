import type { Page } from "playwright-core";

type Complaint = string;

/** What is wrong with text whose color is too near to the one behind it (WCAG 2.2, 1.4.3), in shadow trees too. */
export function lowContrast(page: Page): Promise<Complaint[]> {
  return page.evaluate(() => {
    const parse = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const light = (channel: number) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);
    const luminance = ([r = 0, g = 0, b = 0]: number[]) =>
      0.2126 * light(r / 255) + 0.7152 * light(g / 255) + 0.0722 * light(b / 255);
    const parentOf = (node: Element) =>
      node.parentElement ?? ((node.getRootNode() as ShadowRoot).host as Element | undefined);
    const behind = (node: Element | undefined): number[] => {
      if (node === undefined) return [255, 255, 255];
      const color = parse(getComputedStyle(node).backgroundColor);
      return (color[3] ?? 1) === 0 ? behind(parentOf(node) ?? undefined) : color;
    };
    const complaints: string[] = [];
    const visit = (root: ParentNode) => {
      for (const node of root.querySelectorAll("*")) {
        if (node.shadowRoot !== null) visit(node.shadowRoot);
        const text = [...node.childNodes]
          .filter((child) => child.nodeType === 3)
          .map((child) => child.textContent)
          .join("")
          .trim();
        if (text === "" || !node.checkVisibility() || node.closest("script, style") !== null) continue;
        const style = getComputedStyle(node);
        const color = parse(node instanceof SVGElement ? style.fill : style.color);
        const [a, b] = [luminance(color), luminance(behind(node))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const isLarge = Number.parseFloat(style.fontSize) >= 24;
        if (ratio < (isLarge ? 3 : 4.5)) complaints.push(`${text}: ${ratio.toFixed(2)}`);
      }
    };
    visit(document);
    return complaints;
  });
}

/** Controls, regions and pictures that a screen reader has no name for, of the tree that Chromium makes for it. */
export async function nameless(page: Page): Promise<Complaint[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const named = /^(button|link|textbox|combobox|meter|region|group|table|img|heading|DisclosureTriangle)$/;
  const found = nodes.filter(({ ignored, role, name }) => !ignored && named.test(String(role?.value)) && !name?.value);
  // A `details` is a group whose summary says what it is.
  return found
    .map(({ role, nodeId }) => `${String(role?.value)} ${nodeId}`)
    .filter((each) => !each.startsWith("group"));
}

import axe from "axe-core";
import type { Page } from "playwright-core";

/**
 * What axe finds serious or critical in a page, in its shadow trees too: the rule, and the elements.
 * @param part a selector of the part to examine
 */
export async function seriousFindings(page: Page, part = "html"): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    (name) => (globalThis as unknown as { axe: typeof axe }).axe.run(name),
    part,
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

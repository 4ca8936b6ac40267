import axe from "axe-core";
import type { Page } from "playwright-core";

/** The rules whose outcome depends on colors. */
const ABOUT_COLORS = ["color-contrast", "link-in-text-block"];

/**
 * What axe finds serious or critical in a page, in its shadow trees too: the rule, and the elements.
 * @param part a selector of the part to examine
 * @param rules the rules to apply; by default all
 */
export async function seriousFindings(page: Page, part = "html", rules?: string[]): Promise<string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    // Elements that break no rule need no selector, which takes half of the time.
    ([name, only]) =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(name, {
        resultTypes: ["violations"],
        ...(only && { runOnly: only }),
      }),
    [part, rules] as const,
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

/** What axe finds serious in a page that is light, and then about the colors of the dark one: no other rule sees these. */
export async function findingsInBothThemes(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light" });
  const light = await seriousFindings(page);
  await page.emulateMedia({ colorScheme: "dark" });
  return [...light, ...(await seriousFindings(page, "html", ABOUT_COLORS))];
}

import type { Locator } from "playwright-core";

/** The screen of a phone. */
export const PHONE = { width: 390, height: 844 };

/** Whether an element is what a user sees in its place. */
export function isOnTop(element: Element): boolean {
  const { x, y, width, height } = element.getBoundingClientRect();
  return element.contains(element.ownerDocument.elementFromPoint(x + width / 2, y + height / 2));
}

type Control = { says: string; x: number; y: number; width: number; height: number };

/** The controls that a user sees in a part of a page, and where they are. */
export function controlsOf(part: Locator): Promise<Control[]> {
  return part.evaluate((root) =>
    [...root.querySelectorAll("button, input, select, textarea, a")]
      .filter((control) => control.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
      .map((control) => ({ says: control.textContent, box: control.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && box.height > 0)
      .map(({ says, box: { x, y, width, height } }) => ({ says, x, y, width, height })),
  );
}

/** The controls that lie outside a phone's screen, or over one another. */
export function misplaced(controls: Control[]): string[] {
  const outside = controls.filter(({ x, width }) => x < -1 || x + width > PHONE.width + 1);
  const meet = (a: Control, b: Control) =>
    a.x + 1 < b.x + b.width && b.x + 1 < a.x + a.width && a.y + 1 < b.y + b.height && b.y + 1 < a.y + a.height;
  const pairs = controls.flatMap((a, i) => controls.slice(i + 1).map((b) => [a, b] as const));
  return [
    ...outside.map(({ says }) => `${says} is outside`),
    ...pairs.filter(([a, b]) => meet(a, b)).map(([a, b]) => `${a.says} lies over ${b.says}`),
  ];
}

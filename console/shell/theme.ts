/** The themes: that of the system, or one that was chosen. */
export const THEMES = [
  ["system", "System"],
  ["light", "Light"],
  ["dark", "Dark"],
] as const;
export type Theme = (typeof THEMES)[number][0];
const KEPT = "edgemeter-theme";

/** The theme that was chosen in this browser. */
export const chosenTheme = (): Theme => THEMES.find(([name]) => name === localStorage.getItem(KEPT))?.[0] ?? "system";

/** Uses a theme, and remembers it for the next visit. */
export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEPT, theme);
  applyTheme();
}

/** Uses the theme that was chosen. */
export function applyTheme(): void {
  const theme = chosenTheme();
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

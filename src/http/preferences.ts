import type { Context } from "hono";
import type { AppEnv } from "./env.ts";

/** What a caller may ask for with `Prefer` (RFC 7240). */
type Preference = "return=representation" | "handling=strict";

/** Returns whether the caller asks for something; of several values of one preference the first counts. */
export function prefers(c: Context<AppEnv>, preference: Preference): boolean {
  const [name, value] = preference.split("=") as [string, string];
  const asked = (c.req.header("Prefer") ?? "").split(",").map((part) => part.split(";")[0]!.split("="));
  const first = asked.find(([each]) => each!.trim().toLowerCase() === name);
  return (
    first?.[1]
      ?.trim()
      .replace(/^"(.*)"$/, "$1")
      .toLowerCase() === value
  );
}

/** Says in the answer that a preference was applied. */
export function noteApplied(c: Context<AppEnv>, preference: Preference): void {
  c.header("Preference-Applied", preference, { append: true });
}

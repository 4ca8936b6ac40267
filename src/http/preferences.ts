import type { Context } from "hono";
import type { AppEnv } from "./env.ts";

/** The supported values of the header `Prefer` (RFC 7240). */
type Preference = "return=representation" | "handling=strict";

/** Returns whether the caller has a preference; of several values of the same preference the first counts. */
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

/** Adds the header that says that a preference was applied. */
export function noteApplied(c: Context<AppEnv>, preference: Preference): void {
  c.header("Preference-Applied", preference, { append: true });
}

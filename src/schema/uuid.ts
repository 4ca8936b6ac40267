import * as z from "zod";
import { report } from "./problem.ts";

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{12}$/i;

/**
 * A UUID of version 4 (RFC 9562, section 5.4) in its canonical form, in any case; given on in lower case.
 * Mistakes: `uuid_type`, `uuid_parsing`, `uuid_version`.
 */
export const Uuid4 = z
  .custom<string>()
  .superRefine((value: unknown, ctx) => {
    if (value === undefined) return report(ctx, { type: "missing" }, "This field is required.", value);
    if (typeof value !== "string") return report(ctx, { type: "uuid_type" }, "A UUID should be text.", value);
    const parts = CANONICAL.exec(value);
    if (parts === null) {
      const message = "This is no UUID; it looks like 1b671a64-40d5-491e-99b0-da01ff1f3341.";
      return report(ctx, { type: "uuid_parsing" }, message, value);
    }
    if (parts[1] !== "4" || !"89abAB".includes(parts[2]!)) {
      report(ctx, { type: "uuid_version", ctx: { expected_version: 4 } }, "The UUID should be of version 4.", value);
    }
  })
  .transform((value) => value.toLowerCase());

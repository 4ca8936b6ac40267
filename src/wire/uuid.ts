import * as z from "zod/mini";
import { report } from "./problem.ts";

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{12}$/i;

/**
 * A UUID of version 4 (RFC 9562, section 5.4) in its canonical form, in any case; the output is in lower case.
 * Mistakes: `uuid_type`, `uuid_parsing`, `uuid_version`.
 */
export const Uuid4 = z.pipe(
  z.unknown(),
  z.transform((value: unknown, ctx): string => {
    const fail = (type: string, message: string): never => {
      report(ctx, { type }, message, value);
      return z.NEVER;
    };
    if (typeof value !== "string") return fail("uuid_type", "A UUID should be a string.");
    const parts = CANONICAL.exec(value);
    if (parts === null)
      return fail("uuid_parsing", "Not a valid UUID; expected, e.g., 1b671a64-40d5-491e-99b0-da01ff1f3341.");
    const isVersion4 = parts[1] === "4" && "89abAB".includes(parts[2]!);
    return isVersion4 ? value.toLowerCase() : fail("uuid_version", "The UUID should have version 4.");
  }),
);

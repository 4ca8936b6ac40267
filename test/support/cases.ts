import { env } from "cloudflare:workers";
import fc from "fast-check";

// Shrinking repeats the requests of a failing case for minutes. Its seed and path are printed: with them it can be shrunk.
fc.configureGlobal({ endOnFailure: true });

/** The number of cases that a property test tries: so many for each of PROPERTY_CASES, and at least one. */
export const cases = (each = 1): number => Math.max(1, Math.ceil(Number(env.PROPERTY_CASES) * each));

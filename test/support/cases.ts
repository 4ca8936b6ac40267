import { env } from "cloudflare:workers";

/** The number of cases that a property test tries: so many for each of PROPERTY_CASES, and at least one. */
export const cases = (each = 1): number => Math.max(1, Math.ceil(Number(env.PROPERTY_CASES) * each));

import type { AuthContext } from "./context.ts";
import { withinTime } from "../time/time-limit.ts";
import { RateLimitExceeded } from "../errors.ts";
import { logOnceAMinute } from "../log.ts";
import { causeOf } from "../store/failures.ts";

/** Milliseconds after which a limiter that has not answered lets the request through. */
const LIMITER_TIME = 500;
const timeout = () => new Error("the limiter did not answer in time");
/** The variable RATE_LIMIT: requests, and the seconds in which an organization may send them. */
const POLICY = /^(\d+)\/(\d+)$/;

/**
 * Counts a request against its organization, not its token: a caller that may create tokens could otherwise evade the limit.
 * Without the binding RATE_LIMITER nothing is counted, and a limiter that fails lets requests through.
 * @param caller the organization's id; for a customer's session the ids of both
 * @throws RateLimitExceeded (429)
 */
export async function requireRate({ env }: AuthContext, caller: string): Promise<void> {
  const limiter = env.RATE_LIMITER;
  if (limiter === undefined) return;
  try {
    const { success } = await withinTime(LIMITER_TIME, () => limiter.limit({ key: caller }), timeout);
    if (success) return;
  } catch (thrown) {
    logOnceAMinute("RATE_LIMITER", "warn", { warning: "RateLimiterFailed", cause: causeOf(thrown) });
    return;
  }
  // The binding does not expose its limit.
  const [, limit, period] = POLICY.exec(env.RATE_LIMIT ?? "") ?? [];
  throw new RateLimitExceeded(limit, period);
}

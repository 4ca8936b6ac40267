import { setTimeout as sleep } from "node:timers/promises";

const ATTEMPTS = 8;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const TIMEOUT = 60_000;
/** Answers after which the same request may succeed later. */
const TEMPORARY = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Sends requests that are safe to repeat, and repeats them until they are answered. */
export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Makes a `fetch` that repeats a request after a network error, a time-out or a temporary answer: with growing pauses, and
 * not before the time that `Retry-After` names. The answer's body has arrived when it returns.
 * @param interval the least time between the beginnings of two requests in milliseconds
 * @throws the last error, when there is no answer after eight attempts
 */
export function retryingFetch(interval = 0): Fetch {
  let next = 0;
  return async (url, init) => {
    for (let attempt = 1; ; attempt++) {
      await sleep(Math.max(0, next - Date.now()));
      next = Date.now() + interval;
      const outcome = await attemptOnce(url, init);
      const isFinal = outcome instanceof Response && !TEMPORARY.has(outcome.status);
      if (isFinal || (outcome instanceof Response && attempt === ATTEMPTS)) return outcome;
      if (attempt === ATTEMPTS) throw outcome;
      await sleep(pauseAfter(outcome, attempt));
    }
  };
}

async function attemptOnce(url: string | URL | Request, init?: RequestInit): Promise<Response | Error> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
    // Read here, so that a connection that breaks within the body is repeated too. A 204 takes no body at all.
    const body = await response.arrayBuffer();
    return new Response(body.byteLength === 0 ? null : body, response);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function pauseAfter(outcome: Response | Error, attempt: number): number {
  const backoff = Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) * (0.5 + Math.random() / 2);
  const header = outcome instanceof Response ? outcome.headers.get("Retry-After") : null;
  if (header === null) return backoff;
  const asked = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return asked >= 0 ? asked : backoff;
}

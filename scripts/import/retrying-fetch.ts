import { setTimeout as sleep } from "node:timers/promises";

const ATTEMPTS = 8;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const TIMEOUT = 60_000;
/** Milliseconds to wait for a host's very first answer, in case there is no network. */
const FIRST_ANSWER = 9_000;
/** Answers after which the same request may succeed later. */
const TEMPORARY = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Sends requests that are safe to repeat, and repeats them until they are answered. */
export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Makes a `fetch` that repeats a request after a network error, a time-out or a temporary answer: with growing pauses, and
 * not before the time that `Retry-After` names. The answer's body has arrived when it returns.
 * @param remedy what to do when the host has never answered
 * @param interval the least time between the beginnings of two requests in milliseconds
 * @throws the last error, when there is no answer after eight attempts; an error with the host and the remedy, when it has
 *   not answered within nine seconds from the first attempt on
 */
export function retryingFetch(remedy: string, interval = 0): Fetch {
  let next = 0;
  let isReached = false;
  return async (url, init) => {
    const end = Date.now() + FIRST_ANSWER;
    for (let attempt = 1; ; attempt++) {
      await sleep(Math.max(0, next - Date.now()));
      next = Date.now() + interval;
      const outcome = await attemptOnce(url, init, isReached ? TIMEOUT : Math.max(end - Date.now(), 1));
      isReached ||= outcome instanceof Response;
      const isFinal = outcome instanceof Response && !TEMPORARY.has(outcome.status);
      if (isFinal || (outcome instanceof Response && attempt === ATTEMPTS)) return outcome;
      const pause = pauseAfter(outcome, attempt);
      if (outcome instanceof Error && !isReached && Date.now() + pause >= end) throw unreachable(url, outcome, remedy);
      if (attempt === ATTEMPTS) throw outcome;
      await sleep(pause);
    }
  };
}

function unreachable(url: string | URL | Request, error: Error, remedy: string): Error {
  const { host } = new URL(url instanceof Request ? url.url : url);
  // The useful code is in the cause: ENOTFOUND, ECONNREFUSED.
  const { code = error.message } = (error.cause ?? {}) as { code?: string };
  return new Error(`${host} can't be reached (${code}). ${remedy}`, { cause: error });
}

async function attemptOnce(
  url: string | URL | Request,
  init: RequestInit | undefined,
  timeout: number,
): Promise<Response | Error> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) });
    // The body is read here, so that a connection that breaks within it is retried too. A 204 must not have a body.
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

import { causeOf } from "../store/failures.ts";
import type { Claimed } from "./claim.ts";
import { signatureHeaders } from "./sign.ts";
import { urlProblem } from "./url.ts";

/** Milliseconds for an attempt, the answer included. */
const TIMEOUT = 10_000;
/** How much of an answer is kept, in characters. */
const MAX_RESPONSE = 1000;
/** The longest wait that an endpoint can ask for, in milliseconds. */
const MAX_RETRY_AFTER = 86_400_000;

/** How an attempt ended; `retryAfter` is the milliseconds that the endpoint asks to wait. */
export type Answer = { http_code: number | null; response: string; retryAfter: number };

/** How requests are sent, with what timeout, and when: milliseconds since 1970 UTC. */
export type Sending = { env: object; fetch: typeof fetch; now: () => number; timeout?: number };

/** Sends an event to an endpoint once. Redirects are not followed. */
export async function attempt(
  { url, secret }: Claimed["endpoint"],
  event: { id: string; payload: string },
  { env, fetch, now, timeout = TIMEOUT }: Sending,
): Promise<Answer> {
  const problem = urlProblem(url, env);
  if (problem !== null) return { http_code: null, response: problem, retryAfter: 0 };
  // Unlike that of AbortSignal.timeout, this timer ends with the attempt: an object waits for those that are left.
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(() => controller.abort(), timeout);
  try {
    const signature = await signatureHeaders(secret, event.id, event.payload, now());
    const headers = { "Content-Type": "application/json", "User-Agent": "Edgemeter", ...signature };
    const answer = await fetch(url, { method: "POST", redirect: "manual", headers, body: event.payload, signal });
    const retryAfter = parseRetryAfter(answer.headers.get("Retry-After"), now());
    return { http_code: answer.status, response: await beginningOf(answer, signal), retryAfter };
  } catch (error) {
    const response = signal.aborted ? `There was no answer within ${timeout / 1000} seconds.` : causeOf(error);
    return { http_code: null, response: response.slice(0, MAX_RESPONSE), retryAfter: 0 };
  } finally {
    clearTimeout(timer);
  }
}

/** Reads the beginning of an answer, and drops the rest of it. */
async function beginningOf({ body }: Response, signal: AbortSignal): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  while (text.length < MAX_RESPONSE) {
    const { done, value } = await Promise.race([reader.read(), aborted]);
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  // The stream may be broken already.
  await reader.cancel().catch(() => undefined);
  return [...text].slice(0, MAX_RESPONSE).join("").replaceAll("\0", "").toWellFormed();
}

/** Reads Retry-After (RFC 9110, section 10.2.3): seconds, or a date. */
function parseRetryAfter(text: string | null, now: number): number {
  if (text === null) return 0;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Math.min(Math.max(0, wait || 0), MAX_RETRY_AFTER);
}

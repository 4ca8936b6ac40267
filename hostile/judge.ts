import { pointsIntoBody } from "../test/support/bodies.ts";
import { deviations } from "../test/support/conformance.ts";
import { type Answer, KILLED, type Request } from "./exchange.ts";

/** Milliseconds that a request may take, and that a refusal may take, unless its body is large. */
const MAX_TIME = 5000;
const MAX_TIME_REFUSED = 2000;
/** With a larger body in bytes, a refusal may take as long as any other answer. */
const MUCH = 1024 * 1024;
/** Characters of an answer: an isolate has 128 MiB for it and for everything else. */
const MAX_TEXT = 32 * 1024 * 1024;

/** The parts of a request that its answer is checked against. */
type Sent = { method: string; path: string; body?: string | Uint8Array | undefined };
type Seen = Pick<Answer, "status" | "headers" | "text">;

/** Checks an answer to any request, except for its time. A killed server need not answer. */
export function findProblems(sent: Sent, { status, headers, text }: Seen): string[] {
  if (status === 0) return text === KILLED ? [] : [`no answer: ${text}`];
  const isUnavailable = status === 503 && headers.has("Retry-After");
  if (status >= 500 && !isUnavailable) return [`status ${status}: ${text.slice(0, 200)}`];
  // The platform's own answers to a request line or headers that are too long: the Worker never sees them.
  if ((status === 414 || status === 431) && !headers.has("X-Request-Id")) return [];
  if (text.length > MAX_TEXT) return [`the answer has ${text.length} characters`];
  try {
    const found = deviations({ method: sent.method, path: pathOf(sent.path), status, headers, text });
    return [
      ...found.slice(0, 5).map((each) => `status ${status}, not as documented: ${each}`),
      ...wrongError(sent, status, text),
    ];
  } catch (error) {
    return [`status ${status}, an answer that can't be read: ${String(error)}: ${text.slice(0, 200)}`];
  }
}

/** What is wrong with a request that took too long; empty when it did not. */
export function findSlowness({ body }: Request, { status, milliseconds }: Answer): string[] {
  const isQuick = status >= 400 && (body?.length ?? 0) < MUCH;
  const most = isQuick ? MAX_TIME_REFUSED : MAX_TIME;
  return milliseconds > most ? [`status ${status} after more than ${most / 1000} s`] : [];
}

/** The path as the router sees it, without long runs of slashes, on which the regular expressions of tests are slow. */
function pathOf(path: string): string {
  const { pathname } = new URL(path.replaceAll(/\/{4,}/g, "///"), "http://localhost");
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}

/** How an error differs from the one shape of errors. */
function wrongError({ method, body = "" }: Sent, status: number, text: string): string[] {
  if (status < 400 || method === "HEAD") return [];
  const json = JSON.parse(text);
  if (typeof json.error !== "string") return ["an error without a name"];
  if (status !== 422) return typeof json.detail === "string" ? [] : ["an error without a text as its detail"];
  const problems: { loc: unknown[]; msg: unknown }[] = json.detail;
  if (!Array.isArray(problems) || problems.length === 0) return ["a 422 without problems"];
  if (!problems.every(({ msg }) => typeof msg === "string" && msg !== "")) return ["a problem without a message"];
  const isOfBody = problems.every(({ loc }) => loc[0] === "body");
  return isOfBody && !pointsIntoBody({ json }, body) ? ["no problem points into the body"] : [];
}

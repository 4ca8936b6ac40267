import type { Answer, Request } from "./exchange.ts";

/** Bytes of a body that are shown. */
const SHOWN = 2048;
/** Failures of one kind that are shown whole. */
const SHOWN_OF_A_KIND = 3;
const SLOWEST = 10;

/** A failure, with the request that caused it, its principal, and related log lines. */
type Failure = { problems: string[]; request?: Request; label?: string; more?: string[] };
type Timed = { milliseconds: number; status: number; label: string; request: Request };

/** Prints failures as they occur, and counts them, the statuses and the slowest requests. */
export class Report {
  passed = 0;
  failed = 0;
  readonly #kinds = new Map<string, number>();
  readonly #statuses = new Map<number, number>();
  #slowest: Timed[] = [];

  /** Records an answer's status and time. */
  record(label: string, sent: Request, { milliseconds, status }: Answer): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    this.#slowest.push({ milliseconds, status, label, request: sent });
    this.#slowest = this.#slowest.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, SLOWEST);
  }

  /** Counts a failure and shows it, unless others of its kind were shown before. */
  fail({ problems, request, label, more = [] }: Failure): void {
    this.failed++;
    const problem = problems[0]!.split("\n")[0]!.replaceAll(/\d+/g, "N").slice(0, 80);
    const kind = request === undefined ? problem : `${problem} at ${routeOf(request)}`;
    const times = (this.#kinds.get(kind) ?? 0) + 1;
    this.#kinds.set(kind, times);
    if (times > SHOWN_OF_A_KIND) return;
    const of = label === undefined ? [] : [`  ${label}`];
    const shown = request === undefined ? [] : [describe(request)];
    print(["FAILED", ...problems.map((each) => `  ${each}`), ...of, ...shown, ...more.map((line) => `  ${line.slice(0, SHOWN)}`), ""].join("\n")); // prettier-ignore
  }

  /** Counts and shows a finding of the whole run. */
  judge(isRight: boolean, finding: string): void {
    if (!isRight) return this.fail({ problems: [finding] });
    this.passed++;
    print(finding);
  }

  /** Prints the slowest requests, the statuses, the kinds of failures, and the totals; returns the exit code. */
  finish(): number {
    print("The slowest requests:");
    for (const { milliseconds, status, label, request } of this.#slowest) {
      print(`  ${Math.round(milliseconds)} ms, ${status}, ${label}: ${routeOf(request)}`);
    }
    const statuses = [...this.#statuses].toSorted(([a], [b]) => a - b);
    print(`Answers: ${statuses.map(([status, times]) => `${status === 0 ? "none" : status}: ${times}`).join(", ")}`);
    if (this.#kinds.size > 0) print("Kinds of failures:");
    for (const [kind, times] of this.#kinds) print(`  ${times} × ${kind}`);
    print(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 ? 0 : 1;
  }
}

/** Prints a line. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A request and its answer, as they can be read. */
export function describeExchange(sent: Request, { status, text, milliseconds }: Answer): string {
  return `${describe(sent)}\n  answer: ${status}, ${Math.round(milliseconds)} ms: ${shorten(text, SHOWN)}`;
}

/** The method and the path without variable parts. */
function routeOf({ method, path }: Request): string {
  const route = path
    .replace(/\?.*/s, "")
    .replaceAll(/@[\w-]+:\d+@/g, "{id}")
    .replaceAll(/[0-9a-f-]{36}/g, "{id}");
  return `${method} ${shorten(route.replaceAll(/\/{4,}/g, "/…/"), 60)}`;
}

/** A request as it can be read and repeated, without its token. */
function describe({ method, path, as, headers, body, chunked }: Request): string {
  const token = typeof as === "string" ? `token: ${as}` : `Authorization: ${shorten(JSON.stringify(as.header), 300)}`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${shorten(JSON.stringify(value), 500)}`);
  const text = new TextDecoder().decode(body?.subarray(0, SHOWN));
  const size = body === undefined ? [] : [`${body.length} bytes${chunked === true ? " in chunks" : ""}: ${text}`];
  return [`${method} ${shorten(path, SHOWN)}`, token, ...lines, ...size].map((line) => `  ${line}`).join("\n");
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}

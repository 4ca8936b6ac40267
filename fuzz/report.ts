import type { Answer, Request } from "./types.ts";

/** Bytes of a body that are shown. */
const SHOWN = 2048;
/** Failures of one kind that are shown whole. */
const SHOWN_OF_A_KIND = 3;
const SLOWEST = 10;

/** A request of a run: which case it belongs to, and what was sent. */
export type Sent = { index: number; kind: string; request: Request };

/** Prints failures as they come and keeps count of them and of the slowest requests. */
export class Report {
  passed = 0;
  failed = 0;
  readonly #seed: number;
  readonly #seconds = new Map<string, number>();
  readonly #kinds = new Map<string, number>();
  #slowest: { milliseconds: number; status: number; sent: Sent }[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Records an answer's time. */
  timed(sent: Sent, { milliseconds, status }: Answer): void {
    const [kind] = sent.kind.split(" ");
    this.#seconds.set(kind!, (this.#seconds.get(kind!) ?? 0) + milliseconds / 1000);
    this.#slowest.push({ milliseconds, status, sent });
    this.#slowest = this.#slowest.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, SLOWEST);
  }

  /** Shows a request and its answer. */
  show({ request }: Sent, { status, text, milliseconds }: Answer): void {
    print(`${describe(request)}\n  answer: ${status}, ${Math.round(milliseconds)} ms: ${shorten(text, SHOWN)}`);
  }

  /** Counts a failure and shows it, unless others of its kind were shown before. */
  fail(sent: Sent, problems: string[], more = ""): void {
    this.failed++;
    const kind = `${problems[0]!.split("\n")[0]!.replaceAll(/\d+/g, "N").slice(0, 80)} at ${routeOf(sent.request)}`;
    const times = (this.#kinds.get(kind) ?? 0) + 1;
    this.#kinds.set(kind, times);
    if (times > SHOWN_OF_A_KIND) return;
    const again = `npm run fuzz -- --seed ${this.#seed} --only ${sent.index}`;
    const lines = [
      `FAILED case ${sent.index}, ${sent.kind}`,
      ...problems.map((each) => `  ${each}`),
      describe(sent.request),
    ];
    print([...lines, ...(more === "" ? [] : [more]), `  again: ${again}`, ""].join("\n"));
  }

  /** Counts a failure that no single request caused. */
  failRun(problem: string): void {
    this.failed++;
    print(`FAILED ${problem}\n`);
  }

  /** Prints the slowest requests, how often each kind of failure came, and the totals on the last line. */
  finish(): void {
    print("The slowest requests:");
    for (const { milliseconds, status, sent } of this.#slowest) {
      print(`  ${Math.round(milliseconds)} ms, ${status}, case ${sent.index}, ${sent.kind}: ${routeOf(sent.request)}`);
    }
    const seconds = [...this.#seconds].map(([kind, sum]) => `${kind} ${Math.round(sum)}`);
    print(`Seconds of waiting by kind of case: ${seconds.join(", ")}`);
    if (this.#kinds.size > 0) print("Kinds of failures:");
    for (const [kind, times] of this.#kinds) print(`  ${times} × ${kind}`);
    print(`${this.passed} passed, ${this.failed} failed`);
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The method and the path without what differs from one request to the next. */
function routeOf({ method, path }: Request): string {
  const route = path.replace(/\?.*/s, "").replaceAll(/@\w+:\d+@/g, "{id}");
  return `${method} ${shorten(route.replaceAll(/\/{4,}/g, "/…/"), 60)}`;
}

/** A request as it can be read and repeated, without its token. */
export function describe({ method, path, as, headers, body, chunked }: Request): string {
  const token = typeof as === "string" ? `token: ${as}` : `Authorization: ${shorten(JSON.stringify(as.header), 300)}`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${shorten(JSON.stringify(value), 500)}`);
  const text = body?.subarray(0, SHOWN).toString() ?? "";
  const size = body === undefined ? [] : [`${body.length} bytes${chunked === true ? " in chunks" : ""}: ${text}`];
  return [`${method} ${shorten(path, SHOWN)}`, token, ...lines, ...size].map((line) => `  ${line}`).join("\n");
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}

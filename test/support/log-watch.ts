import { createApp } from "../../src/app.ts";
import { operatorRoutes } from "../../src/operator/routes.ts";
import { openStore } from "../../src/store/open.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const WORD = /^[A-Za-z_-]+$/;
/** The paths as they are declared. */
const ROUTES = new Set([...createApp(openStore).routes, ...operatorRoutes.routes].map(({ path }) => path));
const number = (value: unknown) => typeof value === "number";
const matches = (pattern: RegExp) => (value: unknown) => typeof value === "string" && pattern.test(value);
/** A failure's own text, which is searched for what was sent. */
const searched = (value: unknown) => typeof value === "string";

/** The allowed fields of a line and their values, which exclude callers' data. A new field needs an entry. */
const FIELDS: Record<string, (value: unknown) => boolean> = {
  level: matches(/^(info|warn|error)$/),
  request_id: matches(UUID),
  method: matches(/^[A-Z]+$/),
  route: (value) => ROUTES.has(value as string),
  status: number,
  duration_ms: number,
  kv_ms: number,
  store_ms: number,
  store_trips: number,
  rows_read: number,
  rows_written: number,
  organization_id: matches(UUID),
  // Some tests name theirs by a letter; a token's own text has an underscore.
  token_id: matches(/^[0-9a-z-]{1,36}$/),
  operation: matches(/^[a-z/-]+$/),
  meter_id: matches(UUID),
  error: matches(WORD),
  warning: matches(WORD),
  failure: matches(WORD),
  job: matches(WORD),
  check: matches(/^\w+$/),
  database: matches(/^(DB|[0-9a-f-]{36})$/),
  bytes: number,
  max_bytes: number,
  catch_up_runs: number,
  deleted_events: number,
  exported_events: number,
  rewritten_object: matches(/^events\/[0-9a-f-]{36}\/dt=\d{4}-\d\d-\d\d\/\d+-\d+\.ndjson\.gz$/),
  webhook_event_id: matches(UUID),
  webhook_endpoint_id: matches(UUID),
  webhook_deliveries: number,
  attempt: number,
  cause: searched,
};

const EMAIL = /[^\s"'\\]+@[^\s"'\\]+\.[a-z]/i;
const TOKEN = /em_(oat|cst)_|bearer /i;
/** Shorter texts also occur in ordinary words. */
const MIN_LENGTH = 6;
/** Texts that failures contain by themselves. */
const NAMES = /\b(?:meters|customers|events|organizations|idempotency_keys|SQLITE_ERROR|D1_ERROR)\b/g;

/** What the running test sent (tokens, keys, values of query strings, names and texts in bodies), and what was found of it. */
const { sent, found } = ((globalThis as { edgemeterLog?: Watch }).edgemeterLog ??= {
  sent: new Set<string>(),
  found: new Set<string>(),
});
type Watch = { sent: Set<string>; found: Set<string> };

/** Remembers the texts of what a test sends: none of them may be logged until the next test. */
export function watchFor(value: unknown): void {
  if (typeof value === "string") {
    if (value.length >= MIN_LENGTH && value.length < 10_000 && !UUID.test(value)) sent.add(value);
  } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const [key, part] of Object.entries(value)) {
      if (!Array.isArray(value)) watchFor(key);
      watchFor(part);
    }
  }
}

/** Finds what a line must not contain: callers' data, and fields without an entry above. */
export function leaksIn(line: string): string[] {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line);
  } catch {
    // A line of a test's own.
    return textsIn(line);
  }
  const unknown = Object.entries(fields).filter(([name, value]) => !FIELDS[name]?.(value));
  const { cause = "" } = fields;
  return [...unknown.map(([name, value]) => `${name}: ${String(value)}`), ...textsIn(String(cause))];
}

/** The callers' data in a failure's text; its places in the code are left out. */
function textsIn(cause: string): string[] {
  const text = cause.replaceAll(/^\s+at .*$/gm, "").replaceAll(NAMES, "");
  const general = [EMAIL, TOKEN].flatMap((pattern) => pattern.exec(text)?.[0] ?? []);
  return [...general, ...[...sent].filter((each) => text.includes(each))];
}

const WATCHED = Symbol.for("edgemeter: watched");

/** Begins a test: what was sent before it is forgotten, and every line that is written from now on is examined. */
export function beginWatch(): void {
  sent.clear();
  if (Reflect.get(console, WATCHED) === true) return;
  Reflect.set(console, WATCHED, true);
  for (const name of ["log", "info", "warn", "error", "debug"] as const) {
    const write = console[name].bind(console);
    console[name] = (...texts: unknown[]) => {
      for (const leak of texts.flatMap((text) => leaksIn(String(text)))) found.add(leak);
      write(...texts);
    };
  }
}

/** What was found since this was last called. */
export function leaks(): string[] {
  const all = [...found];
  found.clear();
  return all;
}

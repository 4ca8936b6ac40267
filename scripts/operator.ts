import type { Operation } from "../src/auth/operator-keys.ts";
import { UsageError } from "./usage.ts";

/** Calls an operation of the Worker: one request, repeated when the Worker or a dependency was not available. */
export type Ask = <T>(operation: Operation, body?: unknown) => Promise<T>;

/** The result of a part of a move; the Worker stores the position where to continue. */
type MoveProgress = { phase: string; rows: Record<string, number>; meters: number };

/** How often a request is sent at most, and the milliseconds between two attempts. */
const [ATTEMPTS, PAUSE] = [30, 2000];

/**
 * Makes the function that asks a Worker for operations.
 * @param base the URL of which the operations are a part
 * @param keyFor the operator's key for an operation
 * @param unreachable the error when nothing listens there; without it, the request is repeated
 */
export function askOperator(
  base: string,
  keyFor: (operation: Operation) => Promise<string>,
  unreachable?: () => Error,
): Ask {
  return async (operation, body) => {
    for (let attempt = 1; ; attempt++) {
      const answer = await send(`${base}/${operation}`, await keyFor(operation), body).catch((error: unknown) => {
        if (unreachable !== undefined) throw unreachable();
        if (attempt === ATTEMPTS) throw new Error(`The Worker can't be reached: ${String(error)}`, { cause: error });
        return null;
      });
      if (answer?.ok) return answer.json() as never;
      // A deployed Worker can take a minute to see a new key in KV.
      const mayHelp = answer === null || answer.status === 401 || answer.status >= 500;
      if (!mayHelp || attempt === ATTEMPTS) throw refusalOf(answer!.status, await answer!.text());
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  };
}

/** The error for a response: a 404 or a refusal means a wrong argument. */
function refusalOf(status: number, text: string): Error {
  const isArgument = status === 404 || status === 422;
  try {
    const { detail } = JSON.parse(text) as { detail: string | { msg: string }[] };
    const message = typeof detail === "string" ? detail : detail.map(({ msg }) => msg).join(" ");
    return isArgument ? new UsageError(message) : new Error(`The Worker answered ${status}: ${message}`);
  } catch {
    return new Error(`The Worker answered ${status}: ${text}`);
  }
}

function send(url: string, key: string, body: unknown): Promise<Response> {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  return fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify(body ?? null),
    signal: AbortSignal.timeout(60_000),
  });
}

/** Repeats an operation until it is done. */
export async function repeat(ask: Ask, operation: Operation, message: string): Promise<void> {
  while (!(await ask<{ done: boolean }>(operation)).done) process.stderr.write(".");
  process.stdout.write(`${message}\n`);
}

/** Moves an organization to its object, and prints what was compared. */
export async function move(ask: Ask): Promise<void> {
  const start = Date.now();
  const rows: Record<string, number> = {};
  let meters = 0;
  let phase = "";
  while (phase !== "done") {
    const progress: MoveProgress = await ask("move");
    for (const [table, count] of Object.entries(progress.rows)) rows[table] = (rows[table] ?? 0) + count;
    meters += progress.meters;
    if (progress.phase !== phase) process.stderr.write(`${progress.phase}: after ${seconds(start)} s\n`);
    ({ phase } = progress);
  }
  process.stdout.write(
    `${JSON.stringify({ compared_rows: rows, compared_meters: meters, seconds: seconds(start) })}\n`,
  );
  process.stdout.write(
    "The organization is in its object. Its rows in D1 stay until: npm run organization -- delete-old\n",
  );
}

/** What a part of a verification found; the Worker's src/operator/verify.ts knows what is in the state. */
type VerifyProgress = { state: unknown; examples: unknown[] } & Record<Counted, number>;
type Counted = "meters" | "compared" | "different" | "repaired";

/**
 * Verifies the rollups of an organization's meters, and prints what differs.
 * @returns whether everything is right, or was repaired
 */
export async function verify(ask: Ask, repair: boolean): Promise<boolean> {
  const start = Date.now();
  const sums = { meters: 0, compared: 0, different: 0, repaired: 0 };
  let state: unknown = null;
  do {
    const progress: VerifyProgress = await ask("verify", { state, repair });
    for (const name of Object.keys(sums) as Counted[]) sums[name] += progress[name];
    for (const example of progress.examples) process.stdout.write(`differs: ${JSON.stringify(example)}\n`);
    state = progress.state;
    process.stderr.write(".");
  } while (state !== null);
  process.stderr.write("\n");
  process.stdout.write(`${JSON.stringify({ ...sums, seconds: seconds(start) })}\n`);
  return repair || sums.different === 0;
}

/** Restores exported events of some days, and prints how many. */
export async function restore(ask: Ask, from: string, to: string): Promise<void> {
  const sums = { restored: 0, skipped: 0 };
  let cursor: number | null = null;
  for (let isDone = false; !isDone;) {
    const step: typeof sums & { cursor: number | null; done: boolean } = await ask("restore", { from, to, cursor });
    sums.restored += step.restored;
    sums.skipped += step.skipped;
    ({ cursor, done: isDone } = step);
    process.stderr.write(".");
  }
  process.stderr.write("\n");
  process.stdout.write(`${JSON.stringify(sums)}\n`);
}

const seconds = (start: number) => Math.round((Date.now() - start) / 100) / 10;

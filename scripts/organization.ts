import { parseArgs } from "node:util";
import { putOperatorToken } from "../src/tokens/records.ts";
import { newToken } from "../src/tokens/token.ts";
import { Uuid4 } from "../src/wire/uuid.ts";
import { UsageError } from "./usage.ts";
import { type Place, withTokens } from "./wrangler-kv.ts";

const HELP = `Looks after the data of one organization.

  npm run organization -- move <organization id> [--cancel]
  npm run organization -- delete-old <organization id>

  move            moves an organization from D1 to an object of its own: until it is done, its writes are answered with 503
                  and reads go on. Every row is compared before the switch. After an interruption, run it again
  move --cancel   gives up a move that was interrupted: deletes the copy, and writes are accepted again
  delete-old      deletes the rows in D1 of an organization that has moved

  --url           the address of the Worker (default: http://localhost:8787, where npm run dev has it)
  --remote        the Worker is deployed: --url is its address, and its KV is reached with wrangler's login
  --persist-to    the folder of the local data (default: .wrangler/state)
`;

const LOCAL_URL = "http://localhost:8787";

/** Calls an operation of the Worker: one request, repeated when the Worker or a dependency was not available. */
type Ask = <T>(operation: string, body?: unknown) => Promise<T>;

/** Where a move goes on; the Worker's src/operator/move.ts knows what is in it. */
type MoveProgress = { phase: string; cursor: unknown; rows: Record<string, number>; meters: number };

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, organization, ...more] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(HELP);
    if (!values.help) process.exitCode = 2;
    return;
  }
  if (values.remote && values.url === undefined) throw new UsageError("--remote needs --url: the Worker's address.");
  const id = parseOrganization(organization);
  if (more.length > 0) throw new UsageError(`Unexpected argument ${more[0]}.`);
  const place: Place = { remote: values.remote ?? false, persistTo: values["persist-to"] };
  const token = newToken();
  await withTokens(place, (kv) => putOperatorToken(kv, token));
  const ask = asker(`${values.url ?? LOCAL_URL}/operator/organizations/${id}`, token);
  switch (command) {
    case "move":
      return values.cancel
        ? repeat(ask, "move/cancel", "The move was cancelled: writes are accepted again.")
        : move(ask);
    case "delete-old":
      return repeat(ask, "move/delete-old", "The organization's rows in D1 were deleted.");
    default:
      throw new UsageError(`Unknown command ${command}; use move or delete-old.`);
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        cancel: { type: "boolean" },
        url: { type: "string" },
        remote: { type: "boolean" },
        "persist-to": { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split(". ")[0] + "." : String(error));
  }
}

function parseOrganization(value: string | undefined): string {
  const id = Uuid4.safeParse(value);
  if (!id.success) throw new UsageError(`The command takes the id of an organization, a UUID v4; it got ${value}.`);
  return id.data;
}

/** How often a request is sent at most, and the milliseconds between two attempts. */
const [ATTEMPTS, PAUSE] = [30, 2000];

function asker(base: string, token: string): Ask {
  return async (operation, body) => {
    for (let attempt = 1; ; attempt++) {
      const answer = await send(`${base}/${operation}`, token, body).catch((error: unknown) => {
        if (attempt === ATTEMPTS) throw new Error(`The Worker can't be reached: ${String(error)}`, { cause: error });
        return null;
      });
      if (answer?.ok) return answer.json() as never;
      // A deployed Worker can take a minute to see a new token in KV.
      const mayHelp = answer === null || answer.status === 401 || answer.status >= 500;
      if (!mayHelp || attempt === ATTEMPTS)
        throw new Error(`The Worker answered ${answer!.status}: ${await answer!.text()}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  };
}

function send(url: string, token: string, body: unknown): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  return fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify(body ?? null),
    signal: AbortSignal.timeout(60_000),
  });
}

/** Asks for an operation until it is done. */
async function repeat(ask: Ask, operation: string, message: string): Promise<void> {
  while (!(await ask<{ done: boolean }>(operation)).done) process.stderr.write(".");
  process.stdout.write(`${message}\n`);
}

async function move(ask: Ask): Promise<void> {
  const start = Date.now();
  const rows: Record<string, number> = {};
  let meters = 0;
  let state: Pick<MoveProgress, "phase" | "cursor"> = { phase: "copy", cursor: null };
  while (state.phase !== "done") {
    const { phase } = state;
    const progress: MoveProgress = await ask("move", { phase, cursor: state.cursor });
    for (const [table, count] of Object.entries(progress.rows)) rows[table] = (rows[table] ?? 0) + count;
    meters += progress.meters;
    state = { phase: progress.phase, cursor: progress.cursor };
    if (state.phase !== phase) process.stderr.write(`${phase}: done after ${seconds(start)} s\n`);
  }
  process.stdout.write(
    `${JSON.stringify({ compared_rows: rows, compared_meters: meters, seconds: seconds(start) })}\n`,
  );
  process.stdout.write(
    "The organization is in its object. Its rows in D1 stay until: npm run organization -- delete-old\n",
  );
}

const seconds = (start: number) => Math.round((Date.now() - start) / 100) / 10;

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

import { putOperatorToken } from "../src/auth/records.ts";
import { newToken } from "../src/auth/token.ts";
import { Uuid4 } from "../src/wire/uuid.ts";
import { askOperator, move, repeat, restore, verify } from "./operator.ts";
import { readArguments, runCommand, UsageError } from "./usage.ts";
import { isWorkerName } from "./wrangler-config.ts";
import { type Place, withTokens } from "./wrangler-kv.ts";

const HELP = `Looks after the data of one organization.

  npm run organization -- move <organization id> [--cancel]
  npm run organization -- delete-old <organization id>
  npm run organization -- mark-moved <organization id>
  npm run organization -- verify <organization id> [--repair]
  npm run organization -- restore <organization id> --from <day> --to <day>

  move            moves an organization from D1 to an object of its own: until it is done, its writes are answered with 503
                  and reads go on. Every row is compared before the switch. After an interruption, run it again
  move --cancel   gives up a move that was interrupted: deletes the copy, and writes are accepted again
  delete-old      deletes the rows in D1 of an organization that has moved

  mark-moved      after D1 was restored to a time before the move: makes D1 send requests to the object again
  verify          compares the rollups of each meter with its events: exit code 1 if any differ
  verify --repair replaces rollups that differ; reads stay exact where they were
  restore         reads archived events of some days (UTC, as 2026-01-31) back into the events; quantities stay as they are

  --url           the address of the Worker (default: http://localhost:8787, where npm run dev has it)
  --remote        the Worker is deployed: --url is its address, and its KV is reached with wrangler's login
  --name          the name that was given to npm run deploy, if any
  --persist-to    the folder of the local data (default: .wrangler/state)
`;

const LOCAL_URL = "http://localhost:8787";

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, organization, ...more] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(HELP);
    if (!values.help) process.exitCode = 2;
    return;
  }
  if (values.remote && values.url === undefined) throw new UsageError("--remote needs --url: the Worker's address.");
  if (values.name !== undefined && !(values.remote && isWorkerName(values.name))) {
    throw new UsageError("--name takes the name of a deployed Worker, and is for --remote only.");
  }
  const id = parseOrganization(organization);
  if (more.length > 0) throw new UsageError(`Unexpected argument ${more[0]}.`);
  const place: Place = { remote: values.remote ?? false, persistTo: values["persist-to"], name: values.name };
  const makeToken = async () => {
    const token = newToken();
    await withTokens(place, (kv) => putOperatorToken(kv, token));
    return token;
  };
  const ask = askOperator(`${values.url ?? LOCAL_URL}/operator/organizations/${id}`, makeToken);
  switch (command) {
    case "move":
      return values.cancel
        ? repeat(ask, "move/cancel", "The move was cancelled: writes are accepted again.")
        : move(ask);
    case "delete-old":
      return repeat(ask, "move/delete-old", "The organization's rows in D1 were deleted.");
    case "mark-moved":
      return repeat(ask, "move/mark", "D1 says again that the organization has moved.");
    case "verify":
      process.exitCode = (await verify(ask, values.repair ?? false)) ? 0 : 1;
      return;
    case "restore":
      return restore(ask, parseDay("from", values.from), parseDay("to", values.to));
    default:
      throw new UsageError(`Unknown command ${command}; use move, delete-old, mark-moved, verify or restore.`);
  }
}

function parse(args: string[]) {
  return readArguments({
    args,
    allowPositionals: true,
    options: {
      cancel: { type: "boolean" },
      repair: { type: "boolean" },
      from: { type: "string" },
      to: { type: "string" },
      url: { type: "string" },
      name: { type: "string" },
      remote: { type: "boolean" },
      "persist-to": { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
}

function parseOrganization(value: string | undefined): string {
  const id = Uuid4.safeParse(value);
  if (!id.success) throw new UsageError(`The command takes the id of an organization, a UUID v4; it got ${value}.`);
  return id.data;
}

function parseDay(name: string, value: string | undefined): string {
  if (value !== undefined && /^\d{4}-\d\d-\d\d$/.test(value)) return value;
  throw new UsageError(`--${name} takes a day, such as 2026-01-31.`);
}

await runCommand(main);

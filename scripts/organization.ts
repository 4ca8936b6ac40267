import { Uuid4 } from "../src/wire/uuid.ts";
import { type Ask, move, repeat, restore, verify } from "./operator.ts";
import { PLACE_FLAGS, readPlace, withOperator } from "./operator-connection.ts";
import { readArguments, runCommand, UsageError } from "./usage.ts";

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
  restore         reads exported events of some days (UTC, as 2026-01-31) back into the events; quantities stay as they are

  --remote        the deployed Worker, with wrangler's login; without it, the one that npm run dev runs
  --url           the address of the deployed Worker
  --name          the name that was given to npm run deploy, if any
  --persist-to    the folder of the local data (default: .wrangler/state)
`;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, organization, ...more] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(HELP);
    if (!values.help) process.exitCode = 2;
    return;
  }
  const run = commandOf(command, values);
  const id = parseOrganization(command, organization);
  if (more.length > 0) throw new UsageError(`Unexpected argument ${more[0]}.`);
  await withOperator(readPlace(values), id, run);
}

type Values = ReturnType<typeof parse>["values"];

/** What a command does. */
function commandOf(command: string, values: Values): (ask: Ask) => Promise<void> {
  switch (command) {
    case "move":
      return values.cancel
        ? (ask) => repeat(ask, "move/cancel", "The move was cancelled: writes are accepted again.")
        : move;
    case "delete-old":
      return (ask) => repeat(ask, "move/delete-old", "The organization's rows in D1 were deleted.");
    case "mark-moved":
      return (ask) => repeat(ask, "move/mark", "D1 says again that the organization has moved.");
    case "verify":
      return async (ask) => {
        process.exitCode = (await verify(ask, values.repair ?? false)) ? 0 : 1;
      };
    case "restore": {
      const [from, to] = [parseDay("from", values.from), parseDay("to", values.to)];
      return (ask) => restore(ask, from, to);
    }
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
      ...PLACE_FLAGS,
      help: { type: "boolean", short: "h" },
    },
  });
}

function parseOrganization(command: string, value: string | undefined): string {
  const usage = `npm run organization -- ${command} <organization id>`;
  if (value === undefined) throw new UsageError(`The id of an organization is missing: ${usage}`);
  const id = Uuid4.safeParse(value);
  if (!id.success) throw new UsageError(`${value} is not the id of an organization, a UUID v4: ${usage}`);
  return id.data;
}

function parseDay(name: string, value: string | undefined): string {
  if (value !== undefined && /^\d{4}-\d\d-\d\d$/.test(value)) return value;
  throw new UsageError(`--${name} takes a day, such as 2026-01-31.`);
}

await runCommand(main);

import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type Database, isWorkerName, ROOT, withConfig } from "./wrangler-config.ts";
import { WRANGLER, wrangler } from "./wrangler-kv.ts";
import { readArguments, runCommand, UsageError } from "./usage.ts";

const HELP = `Deploys Edgemeter: creates the database if it is missing, applies its migrations, then uploads the Worker.

  npm run deploy
  npm run deploy -- --name edgemeter-staging

  --name          deploy beside the original: a Worker, a database and a namespace of this name, without its routes
  --location      a new database's location: weur, eeur, apac, oc, wnam or enam (default: near you)
  --jurisdiction  the only place where a new database runs and is stored: eu or fedramp
  --dry-run       build the Worker and show the steps; needs no account

Wrangler's own variables, CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, take the place of wrangler login.
`;

/** Where a new database is created, as flags of `wrangler d1 create`. */
type Placement = string[];

async function main(args: string[]): Promise<void> {
  const values = parse(args);
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.name !== undefined && !isWorkerName(values.name)) {
    throw new UsageError(`--name ${values.name} is not a valid name of a Worker.`);
  }
  const placement = ["location", "jurisdiction"].flatMap((flag) => {
    const value = values[flag as "location" | "jurisdiction"];
    return value === undefined ? [] : [`--${flag}`, value];
  });
  await withConfig(values.name, (path, { d1_databases: [database] }) =>
    values["dry-run"] ? rehearse(path, database!) : deploy(path, database!, placement),
  );
}

function parse(args: string[]) {
  const options = {
    name: { type: "string" },
    location: { type: "string" },
    jurisdiction: { type: "string" },
    "dry-run": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  return readArguments({ args, options }).values;
}

/** The names of a database's migrations, in their order. */
function migrationsOf(database: Database): string[] {
  return globSync(join(resolve(ROOT, database.migrations_dir), "*.sql"))
    .map((path) => basename(path))
    .toSorted();
}

async function rehearse(config: string, database: Database): Promise<void> {
  const migrations = migrationsOf(database);
  process.stdout.write(`Dry run. A deployment would:
1. create the database ${database.database_name}, unless it exists
2. apply those of the ${migrations.length} migrations that it lacks, up to ${migrations.at(-1)}
3. upload this Worker:
`);
  await show(["deploy", "--dry-run"], config);
}

/**
 * Deploys in an order that never runs code on an older schema. Migrations are compatible with the previous release, which
 * serves until the upload. They need the database, which wrangler would create only with the upload.
 */
async function deploy(config: string, database: Database, placement: Placement): Promise<void> {
  const { database_name: name, database_id: id } = database;
  const exists = id !== undefined || (await listDatabases(config)).includes(name);
  if (exists && placement.length > 0) {
    throw new UsageError(`The database ${name} exists: its place was chosen when it was created, and can't change.`);
  }
  if (!exists) {
    process.stdout.write(`Creating the database ${name}.\n`);
    await wrangler(["d1", "create", name, ...placement], config);
  }
  process.stdout.write(`Applying the migrations that ${name} lacks, up to ${migrationsOf(database).at(-1)}.\n`);
  await wrangler(["d1", "migrations", "apply", "DB", "--remote"], config);
  await show(["deploy"], config);
}

async function listDatabases(config: string): Promise<string[]> {
  const databases: { name: string }[] = JSON.parse(await wrangler(["d1", "list", "--json"], config));
  return databases.map(({ name }) => name);
}

/**
 * Runs wrangler in this terminal, where it may ask questions.
 * @throws an Error when it fails; wrangler has said why
 */
async function show(args: string[], config: string): Promise<void> {
  const child = spawn(process.execPath, [WRANGLER, ...args, "--config", config], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
    cwd: ROOT,
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`wrangler ${args.join(" ")} failed.`);
}

await runCommand(main);

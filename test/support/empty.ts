import { evictDurableObject, listDurableObjectIds, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

const MIGRATIONS_TABLE = `CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;
const SCHEMA =
  "SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB '_cf_*' AND name <> 'd1_migrations' ORDER BY name";

const FEW_OBJECTS = 4;

type Entry = { type: string; name: string; sql: string | null };
/** The result of all migrations: the schema, and the names of its tables. */
let migrated: { schema: string; tables: string[] } | undefined;

/** Empties D1, KV, the bucket and all objects. */
export async function emptyStores(): Promise<void> {
  const [isEmpty, areEmpty] = await Promise.all([deleteRows(), emptyObjects(), emptyTokens(), emptyBucket()]);
  // Takes ten times as long: only where a test changed a schema, or made more objects than a few.
  if (!isEmpty || !areEmpty) await startAfresh();
}

/** Deletes what objects store and ends them: the next call makes them anew. Returns whether they were few. */
async function emptyObjects(): Promise<boolean> {
  const ids = await listDurableObjectIds(env.ORGANIZATIONS);
  if (ids.length > FEW_OBJECTS) return false;
  try {
    await Promise.all(ids.map((id) => emptyObject(env.ORGANIZATIONS.get(id))));
    return true;
  } catch {
    // A test broke one.
    return false;
  }
}

async function emptyObject(object: DurableObjectStub): Promise<void> {
  await runInDurableObject(object, async (_, { storage }) => {
    await storage.deleteAlarm();
    await storage.deleteAll();
  });
  await evictDurableObject(object);
}

/** Deletes all rows of D1, and returns whether its schema is the one that all migrations make. */
async function deleteRows(): Promise<boolean> {
  if (migrated === undefined) return false;
  const deletions = migrated.tables.map((name) => env.DB.prepare(`DELETE FROM "${name}"`));
  try {
    const [schema] = await env.DB.batch<Entry>([env.DB.prepare(SCHEMA), ...deletions]);
    return JSON.stringify(schema!.results) === migrated.schema;
  } catch {
    // A test dropped a table.
    return false;
  }
}

async function emptyTokens(): Promise<void> {
  const { keys } = await env.TOKENS.list();
  await Promise.all(keys.map(({ name }) => env.TOKENS.delete(name)));
}

async function startAfresh(): Promise<void> {
  // Work that continues after a test's answers can delay the deletion of a database.
  do await reset();
  while ((await readSchema()).length > 0);
  const applied = env.DB.prepare("INSERT INTO d1_migrations (name) VALUES (?)");
  const statements = env.TEST_MIGRATIONS.flatMap(({ name, queries }) => [
    ...queries.map((query) => env.DB.prepare(query)),
    applied.bind(name),
  ]);
  await env.DB.batch([env.DB.prepare(MIGRATIONS_TABLE), ...statements]);
  const entries = await readSchema();
  const tables = entries.filter(({ type }) => type === "table").map(({ name }) => name);
  migrated = { schema: JSON.stringify(entries), tables };
}

async function readSchema(): Promise<Entry[]> {
  return (await env.DB.prepare(SCHEMA).all<Entry>()).results;
}

async function emptyBucket(): Promise<void> {
  const { objects } = await env.TEST_EXPORT.list();
  if (objects.length > 0) await env.TEST_EXPORT.delete(objects.map(({ key }) => key));
}

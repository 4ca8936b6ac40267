import { type SQL, sql } from "drizzle-orm";
import { type Database, runBatch } from "../db/client.ts";
import { retryLost } from "../db/failures.ts";
import { PolarRequestValidationError, type Problem } from "../errors.ts";
import type { EventCreate } from "./schemas.ts";

/** Bytes of JSON that one statement binds: D1 takes 2 MB a value. */
const MAX_STATEMENT = 1_000_000;
/** Bytes of JSON that one event may have: it must fit into a row, and into a statement beside others. */
const MAX_EVENT = 900_000;

/** What became of one event of a request. */
export type Outcome = {
  index: number;
  id: string;
  result: "inserted" | "duplicate" | "duplicate_differs";
  /** The fields in which a duplicate is not what was stored under its external_id. */
  differs?: string[];
};

/** An event with its id, as it goes into the statement: an array, to be short. */
type Row = [
  id: string,
  name: string,
  timestamp: number,
  externalCustomerId: string,
  externalId: string | null,
  parentId: string | null,
  metadata: object,
];

/** What is stored under an external_id. */
type Stored = { id: string; external_id: string };
type StoredContent = Stored & {
  name: string;
  timestamp: number;
  external_customer_id: string;
  parent_id: string | null;
  metadata: string;
};

/**
 * Appends events: one transaction, one round trip, however many there are; all of them or none.
 * An event whose external_id the organization has already is left out. Ids are made first, and an event is inserted
 * when the stored row has its id: so the whole can be retried when its outcome is unknown.
 * @param compare whether to read what is stored under a duplicate's external_id, to tell whether it differs
 * @param now milliseconds since 1970 UTC: the time of events without one
 * @throws PolarRequestValidationError when an event is too large
 */
export async function ingest(
  db: Database,
  organizationId: string,
  events: EventCreate[],
  compare: boolean,
  now: number,
): Promise<Outcome[]> {
  if (events.length === 0) return [];
  const rows = events.map((event): Row => [
    crypto.randomUUID(),
    event.name,
    event.timestamp ?? now,
    event.external_customer_id ?? "",
    event.external_id ?? null,
    event.parent_id ?? null,
    event.metadata,
  ]);
  const appended = inStatements(rows);
  const externalIds = inStatements([...new Set(rows.flatMap(([, , , , externalId]) => externalId ?? []))]);
  const results = await retryLost(() =>
    runBatch(db, [
      sql`INSERT INTO organizations (id, last_seq) VALUES (${organizationId}, ${rows.length})
        ON CONFLICT (id) DO UPDATE SET last_seq = last_seq + excluded.last_seq`,
      ...appended.map(({ json, first }) => append(organizationId, json, first - rows.length, now)),
      ...externalIds.map(
        ({ json }) => sql`SELECT ${compare ? CONTENT : IDENTITY} FROM events
          WHERE organization_id = ${organizationId} AND external_id IN (SELECT value FROM json_each(${json}))`,
      ),
    ]),
  );
  const found = results.slice(1 + appended.length).flat() as Stored[];
  const stored = new Map(found.map((event) => [event.external_id, event]));
  return rows.map(([id, , , , externalId], index) => {
    const first = externalId === null ? undefined : stored.get(externalId);
    if (first === undefined || first.id === id) return { index, id, result: "inserted" };
    const differs = compare ? differences(events[index]!, first as StoredContent) : [];
    if (differs.length === 0) return { index, id: first.id, result: "duplicate" };
    return { index, id: first.id, result: "duplicate_differs", differs };
  });
}

const IDENTITY = sql.raw("id, external_id");
const CONTENT = sql.raw("id, external_id, name, timestamp, external_customer_id, parent_id, metadata");

/** seq is last_seq plus the position in the batch: numbered in the transaction that moved last_seq, so in commit order. */
function append(organizationId: string, json: string, offset: number, now: number): SQL {
  return sql`
    INSERT INTO events (organization_id, seq, id, name, source, timestamp, external_customer_id, external_id, parent_id, metadata, ingested_at)
    SELECT ${organizationId}, (SELECT last_seq FROM organizations WHERE id = ${organizationId}) + ${offset} + key + 1,
      value ->> '$[0]', value ->> '$[1]', 'user', value ->> '$[2]', value ->> '$[3]', value ->> '$[4]', value ->> '$[5]',
      value -> '$[6]', ${now}
    FROM json_each(${json}) WHERE true
    ON CONFLICT DO NOTHING`;
}

/** Cuts a list into JSON texts that D1 takes; `first` is the index of a text's first element. */
function inStatements(list: unknown[]): { json: string; first: number }[] {
  const statements: { texts: string[]; first: number }[] = [];
  const problems: Problem[] = [];
  let size = Infinity;
  for (const [index, element] of list.entries()) {
    const text = JSON.stringify(element);
    const bytes = ENCODER.encode(text).length + 1;
    if (bytes > MAX_EVENT) problems.push(tooLarge(index));
    if (size + bytes > MAX_STATEMENT) {
      statements.push({ texts: [], first: index });
      size = 0;
    }
    statements.at(-1)!.texts.push(text);
    size += bytes;
  }
  if (problems.length > 0) throw new PolarRequestValidationError(problems);
  return statements.map(({ texts, first }) => ({ json: `[${texts.join(",")}]`, first }));
}

const ENCODER = new TextEncoder();

function tooLarge(index: number): Problem {
  const msg = `An event may have at most ${MAX_EVENT} bytes of JSON.`;
  return { type: "too_long", loc: ["body", "events", index], msg };
}

/** The fields in which an event is not what is stored; a time that was left out is not compared. */
function differences(event: EventCreate, stored: StoredContent): string[] {
  return [
    event.name !== stored.name && "name",
    event.timestamp !== undefined && event.timestamp !== stored.timestamp && "timestamp",
    event.external_customer_id !== stored.external_customer_id && "external_customer_id",
    (event.parent_id ?? null) !== stored.parent_id && "parent_id",
    !isSame(event.metadata, JSON.parse(stored.metadata)) && "metadata",
  ].filter((field) => field !== false);
}

/** Compares JSON values; the order of keys doesn't matter. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b;
  const [left, right] = [Object.entries(a).filter(([, value]) => value !== undefined), Object.entries(b)];
  return (
    left.length === right.length &&
    left.every(([key, value]) => Object.hasOwn(b, key) && isSame(value, Reflect.get(b, key)))
  );
}

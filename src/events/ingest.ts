import { type SQL, sql } from "drizzle-orm";
import { type Database, runBatch } from "../db/client.ts";
import { retryLost } from "../db/failures.ts";
import { PolarRequestValidationError, type Problem } from "../errors.ts";
import type { EventCreate } from "./schemas.ts";

/** Bytes of JSON that one statement binds: a value of D1 has at most 2 MB. */
const MAX_STATEMENT = 1_000_000;
/** The maximum size of an event in bytes of JSON: it must fit into a row, and into a statement beside others. */
const MAX_EVENT = 900_000;

/** The outcome of one event of a request. */
export type Outcome = {
  index: number;
  id: string;
  result: "inserted" | "duplicate" | "duplicate_differs";
  /** The fields in which a duplicate differs from the event that is stored under its external_id. */
  differs?: string[];
};

/** An event with its id, as it goes into the statement: an array, to be short. */
type Row = [
  id: string,
  name: string,
  /** null: the time of ingestion. */
  timestamp: number | null,
  externalCustomerId: string,
  externalId: string | null,
  parentId: string | null,
  metadata: object,
];

/** The fields in which a duplicate can differ from what is stored. */
const COMPARED = ["name", "timestamp", "external_customer_id", "parent_id", "metadata"] as const;

/** What is stored under the external_id of the event at an index: its id, and for each field whether it differs. */
type Stored = { index: number; id: string } & Record<(typeof COMPARED)[number], number>;

/**
 * Appends events: one transaction, one round trip, however many there are; all of them or none.
 * An event whose external_id the organization already has is left out. Ids are made first, and an event was inserted
 * when the stored row has its id: so the whole can be retried when its outcome is unknown.
 * @param compare whether to find out if a duplicate differs from the stored event, and in which fields
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
  const rows = events.map(toRow);
  const statements = inStatements(rows);
  const withExternalId = statements.filter(({ first, count }) =>
    rows.slice(first, first + count).some(([, , , , externalId]) => externalId !== null),
  );
  const results = await retryLost(() =>
    runBatch(db, [
      sql`INSERT INTO organizations (id, last_seq) VALUES (${organizationId}, ${rows.length})
        ON CONFLICT (id) DO UPDATE SET last_seq = last_seq + excluded.last_seq`,
      ...statements.map(({ json, first }) => append(organizationId, json, first - rows.length, now)),
      ...withExternalId.map(({ json, first }) => findStored(organizationId, json, first, compare)),
    ]),
  );
  const found = results.slice(1 + statements.length).flat() as Stored[];
  const stored = new Map(found.map((event) => [event.index, event]));
  return rows.map(([id], index): Outcome => {
    const first = stored.get(index);
    if (first === undefined || first.id === id) return { index, id, result: "inserted" };
    const differs = COMPARED.filter((field) => first[field] === 1);
    if (differs.length === 0) return { index, id: first.id, result: "duplicate" };
    return { index, id: first.id, result: "duplicate_differs", differs };
  });
}

function toRow(event: EventCreate): Row {
  return [
    crypto.randomUUID(),
    event.name,
    event.timestamp ?? null,
    event.external_customer_id ?? "",
    event.external_id ?? null,
    event.parent_id ?? null,
    event.metadata,
  ];
}

/** seq is last_seq plus the position in the batch: numbered in the transaction that advanced last_seq, so in commit order. */
function append(organizationId: string, json: string, offset: number, now: number): SQL {
  return sql`
    INSERT INTO events (organization_id, seq, id, name, source, timestamp, external_customer_id, external_id, parent_id, metadata, ingested_at)
    SELECT ${organizationId}, (SELECT last_seq FROM organizations WHERE id = ${organizationId}) + ${offset} + key + 1,
      value ->> '$[0]', value ->> '$[1]', 'user', coalesce(value ->> '$[2]', ${now}), value ->> '$[3]', value ->> '$[4]',
      value ->> '$[5]', value -> '$[6]', ${now}
    FROM json_each(${json}) WHERE true
    ON CONFLICT DO NOTHING`;
}

/** What is stored under the events' external_ids. Contents are compared here, so that none of them leaves the database. */
function findStored(organizationId: string, json: string, first: number, compare: boolean): SQL {
  return sql`
    SELECT sent.key + ${first} AS "index", e.id ${compare ? DIFFERENCES : sql``}
    FROM json_each(${json}) AS sent
    CROSS JOIN events AS e ON e.organization_id = ${organizationId} AND e.external_id = sent.value ->> '$[4]'`;
}

/** Metadata is the same when it has the same values, in whatever order of keys; then it also has the same length. */
const DIFFERENCES = sql.raw(`,
      e.name <> sent.value ->> '$[1]' AS name,
      coalesce(e.timestamp <> sent.value ->> '$[2]', 0) AS timestamp,
      e.external_customer_id <> sent.value ->> '$[3]' AS external_customer_id,
      e.parent_id IS NOT sent.value ->> '$[5]' AS parent_id,
      CASE
        WHEN e.metadata = sent.value -> '$[6]' THEN 0
        WHEN length(e.metadata) <> length(sent.value -> '$[6]') THEN 1
        ELSE EXISTS (
          SELECT fullkey, type, atom FROM json_tree(e.metadata)
          EXCEPT SELECT fullkey, type, atom FROM json_tree(sent.value -> '$[6]')
        )
      END AS metadata`);

/** Cuts a list into JSON texts that D1 accepts; `first` is the index of a text's first element. */
function inStatements(list: unknown[]): { json: string; first: number; count: number }[] {
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
  return statements.map(({ texts, first }) => ({ json: `[${texts.join(",")}]`, first, count: texts.length }));
}

const ENCODER = new TextEncoder();

function tooLarge(index: number): Problem {
  const msg = `An event can have at most ${MAX_EVENT} bytes of JSON.`;
  return { type: "too_long", loc: ["body", "events", index], msg };
}

import { type SQL, sql } from "drizzle-orm";
import { PolarRequestValidationError, type Problem } from "../errors.ts";
import { MAX_EVENT_BYTES, MAX_PARAMETER_BYTES } from "../store/limits.ts";
import type { Store } from "../store/store.ts";

/** An event that is to be appended to the organization's log. */
export type NewEvent = {
  name: string;
  /** Milliseconds since 1970 UTC; null: the time of ingestion. */
  timestamp: number | null;
  customer_id: string | null;
  external_customer_id: string | null;
  external_id: string | null;
  parent_id: string | null;
  metadata: object;
};

/** The outcome of one event of a request. */
type Outcome = {
  index: number;
  id: string;
  result: "inserted" | "duplicate" | "duplicate_differs";
  /** The fields in which a duplicate differs from the event that is stored under its external_id. */
  differs?: string[];
};

/** How events are appended: who made them, whether duplicates are compared, and the current time in milliseconds UTC. */
type Options = { source: "user" | "system"; compare: boolean; now: number };

/** The fields in which a duplicate can differ from what is stored. */
const COMPARED = ["name", "timestamp", "customer_id", "external_customer_id", "parent_id", "metadata"] as const;

/** What is stored under the external_id of the event at an index: its id, and for each field whether it differs. */
type Stored = { index: number; id: string } & Record<(typeof COMPARED)[number], number>;

/** Some of the events, as the JSON that one statement binds; `first` is the index of the first one. */
type Part = { json: string; first: number; count: number };

/** The outcome of a request: how many events were inserted, and each event's outcome where it was asked for. */
export type Appended = { inserted: number; outcomes: Outcome[] | null };

/**
 * Appends events: one transaction, one round trip, however many there are; all of them or none.
 * An event whose external_id the organization already has is left out. Ids are made first, and an event was inserted
 * when the stored row has its id: so the whole transaction can be repeated when its outcome is unknown.
 * @throws PolarRequestValidationError when an event is too large
 */
export async function append(store: Store, events: NewEvent[], options: Options): Promise<Appended> {
  if (events.length === 0) return { inserted: 0, outcomes: options.compare ? [] : null };
  const ids = events.map(() => crypto.randomUUID());
  const parts = toParts(events.map((event, index) => toRow(ids[index]!, event)));
  const statements = [
    advance(store.organizationId, events.length),
    ...parts.map((part) => insert(store.organizationId, part, events.length, options)),
  ];
  const withExternalIds = parts.filter(({ first, count }) =>
    events.slice(first, first + count).some(({ external_id }) => external_id !== null),
  );
  const findings = withExternalIds.map((part) => findStored(store.organizationId, part, options.compare));
  // The database counts what it inserts: what is stored is only read to compare it, and after an unknown outcome.
  const [first, also] = options.compare ? [[...statements, ...findings], []] : [statements, findings];
  const results = await store.write(first, { also });
  if (results.length === statements.length && findings.length > 0) {
    return { inserted: results.slice(1).reduce((sum, { changes }) => sum + changes, 0), outcomes: null };
  }
  const found = results.slice(statements.length).flatMap(({ rows }) => rows as Stored[]);
  const outcomes = outcomesOf(ids, found);
  const inserted = outcomes.filter(({ result }) => result === "inserted").length;
  return { inserted, outcomes: options.compare ? outcomes : null };
}

function outcomesOf(ids: string[], found: Stored[]): Outcome[] {
  const stored = new Map(found.map((event) => [event.index, event]));
  return ids.map((id, index): Outcome => {
    const first = stored.get(index);
    if (first === undefined || first.id === id) return { index, id, result: "inserted" };
    const differs = COMPARED.filter((field) => first[field] === 1);
    if (differs.length === 0) return { index, id: first.id, result: "duplicate" };
    return { index, id: first.id, result: "duplicate_differs", differs };
  });
}

/** An event as it goes into the statement: an array, to be short. */
function toRow(id: string, event: NewEvent): unknown[] {
  const { name, timestamp, customer_id, external_customer_id, external_id, parent_id, metadata } = event;
  return [id, name, timestamp, customer_id, external_customer_id, external_id, parent_id, metadata];
}

/** Advances last_seq in the transaction that numbers the events: so numbers are in the order of commits. */
function advance(organizationId: string, count: number): SQL {
  return sql`
    INSERT INTO organizations (id, last_seq) VALUES (${organizationId}, ${count})
    ON CONFLICT (id) DO UPDATE SET last_seq = last_seq + excluded.last_seq`;
}

function insert(organizationId: string, { json, first }: Part, count: number, { source, now }: Options): SQL {
  return sql`
    INSERT INTO events (organization_id, seq, id, name, source, timestamp, customer_id, external_customer_id, external_id,
      parent_id, metadata, ingested_at)
    SELECT ${organizationId}, (SELECT last_seq FROM organizations WHERE id = ${organizationId}) + ${first - count} + key + 1,
      value ->> '$[0]', value ->> '$[1]', ${source}, coalesce(value ->> '$[2]', ${now}), value ->> '$[3]', value ->> '$[4]',
      value ->> '$[5]', value ->> '$[6]', value -> '$[7]', ${now}
    FROM json_each(${json}) WHERE true
    ON CONFLICT DO NOTHING`;
}

/** What is stored under the events' external_ids. Contents are compared here, so that none of them leaves the database. */
function findStored(organizationId: string, { json, first }: Part, compare: boolean): SQL {
  return sql`
    SELECT sent.key + ${first} AS "index", e.id ${compare ? DIFFERENCES : sql``}
    FROM json_each(${json}) AS sent
    CROSS JOIN events AS e ON e.organization_id = ${organizationId} AND e.external_id = sent.value ->> '$[5]'`;
}

/** Metadata is the same when it has the same values, in whatever order of keys; then it also has the same length. */
const DIFFERENCES = sql.raw(`,
      e.name <> sent.value ->> '$[1]' AS name,
      coalesce(e.timestamp <> sent.value ->> '$[2]', 0) AS timestamp,
      e.customer_id IS NOT sent.value ->> '$[3]' AS customer_id,
      e.external_customer_id IS NOT sent.value ->> '$[4]' AS external_customer_id,
      e.parent_id IS NOT sent.value ->> '$[6]' AS parent_id,
      CASE
        WHEN e.metadata = sent.value -> '$[7]' THEN 0
        WHEN length(e.metadata) <> length(sent.value -> '$[7]') THEN 1
        ELSE EXISTS (
          SELECT fullkey, type, atom FROM json_tree(e.metadata)
          EXCEPT SELECT fullkey, type, atom FROM json_tree(sent.value -> '$[7]')
        )
      END AS metadata`);

const ENCODER = new TextEncoder();

/** Cuts the events into JSON texts that fit into a bound value. */
function toParts(rows: unknown[][]): Part[] {
  const parts: { texts: string[]; first: number }[] = [];
  const problems: Problem[] = [];
  let size = Infinity;
  for (const [index, row] of rows.entries()) {
    const text = JSON.stringify(row);
    const bytes = ENCODER.encode(text).length + 1;
    if (bytes > MAX_EVENT_BYTES) problems.push(tooLarge(index));
    if (size + bytes > MAX_PARAMETER_BYTES) {
      parts.push({ texts: [], first: index });
      size = 0;
    }
    parts.at(-1)!.texts.push(text);
    size += bytes;
  }
  if (problems.length > 0) throw new PolarRequestValidationError(problems);
  return parts.map(({ texts, first }) => ({ json: `[${texts.join(",")}]`, first, count: texts.length }));
}

function tooLarge(index: number): Problem {
  const msg = `An event can have at most ${MAX_EVENT_BYTES} bytes of JSON.`;
  return { type: "too_long", loc: ["body", "events", index], msg };
}

import { notExists, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { generationIn } from "../engine/rollups/customer-key.ts";
import { db, rowIf } from "../store/db.ts";
import { type Idempotency, type StoredAnswer, selectAnswer } from "../store/idempotency.ts";
import type { Statement, Store, Written } from "../store/store.ts";
import { events, idempotency_keys } from "../store/tables.ts";
import { parseJson } from "../wire/json.ts";
import { advance, type Advanced, baseOf, type Block, countStored, isFirstTime, newBlock, selectOwn } from "./block.ts";
import { type EventPart, type NewEvent, toParts } from "./event-json.ts";
import { eventId, idPrefixSql, type IdSuffix } from "./event-id.ts";

/** The outcome of one event of a request. */
export type Outcome = {
  index: number;
  id: string;
  result: "inserted" | "duplicate" | "duplicate_differs";
  /** The fields in which a duplicate differs from the event that is stored under its external_id. */
  differs?: string[];
};

/** How events are appended: their source, whether duplicates are compared, the current time (ms UTC), and a condition. */
type Options = { source: "user" | "system"; compare: boolean; now: number; condition?: SQL };

type Batch = Options & Block;

const e = alias(events, "e");

/** What is stored under the external_id of the event at an index: its id, and for each field whether it differs. */
export type StoredEvent = { index: number; id: string } & Record<Compared, number>;

/**
 * The result of a request: the last seq that was assigned, whether alerts depend on events, the number of inserted events, and
 * each outcome if requested.
 */
export type Appended = { lastSeq: number; isWatched: boolean; inserted: number; outcomes: Outcome[] | null };

/**
 * Appends events: one transaction, one round trip, however many there are; all of them or none.
 * An event whose external_id the organization already has is skipped. When the outcome is unknown, the transaction runs
 * again on condition that none of this request's own events is stored, which their ids tell.
 * @returns null when the condition was not met, and nothing was written
 * @throws InvalidFields when an event is too large
 */
export async function append(store: Store, newEvents: NewEvent[], options: Options): Promise<Appended | null> {
  if (newEvents.length === 0)
    return { lastSeq: 0, isWatched: false, inserted: 0, outcomes: options.compare ? [] : null };
  const { batch, parts, statements, findings } = prepare(store, newEvents, options);
  const results = await store.write([...statements(sql`true`, sql`false`), ...findings], {
    repeat: [...statements(isFirstTime(batch), sql`EXISTS (${selectOwn(batch)})`), ...findings, selectOwn(batch)],
  });
  if (results[0]!.rows.length === 0) return null;
  const isRepeated = results.length > 1 + parts.length + findings.length;
  const own = isRepeated ? (results.at(-1)!.rows as { seq: number }[]).map(({ seq }) => seq) : null;
  const { last_seq: lastSeq, is_watched } = results[0]!.rows[0] as Advanced;
  const isWatched = is_watched === 1;
  const inserted = own?.length ?? results.slice(1, 1 + parts.length).reduce((sum, { changes }) => sum + changes, 0);
  if (!options.compare) return { lastSeq, isWatched, inserted, outcomes: null };
  const stored = storedOf(results.slice(1 + parts.length, 1 + parts.length + findings.length));
  const firstSeq = own === null ? lastSeq - newEvents.length + 1 : firstSeqOf(own, stored, batch);
  return { lastSeq, isWatched, inserted, outcomes: outcomesOf(firstSeq, stored, batch) };
}

/** What a key stores of an ingestion: the number of inserted events, the last seq, and the suffix of the ids. */
type KeptAnswer = { inserted: number; last_seq: number; suffix: IdSuffix; extra: object };

/** The result of a request with a key, or of the first one with that key, and the extra fields of its answer. */
export type AppendedOnce = Appended & { extra: object; isReplayed: boolean };

/**
 * Appends events like `append`, unless the idempotency key was used before: then it returns the result of that request. The
 * outcomes of a replay are determined again, by the ids that were assigned then.
 * @param extra further fields of the answer, stored for replays
 * @returns `reused` when the key was used for another request; null when it is new and the condition was not met
 */
export async function appendOnce(
  store: Store,
  newEvents: NewEvent[],
  options: Options,
  { key, fingerprint }: Idempotency,
  extra: object,
): Promise<AppendedOnce | "reused" | null> {
  const { batch, statements, findings } = prepare(store, newEvents, options);
  const { organizationId: organization_id, suffix, count, now: created_at } = batch;
  const ofKey = selectAnswer({ organization_id, key });
  // The key is written last: its absence is the condition of the statements before, in a repetition too.
  const isNew = sql`${options.condition ?? sql`true`} AND ${notExists(ofKey)}`;
  const answer = sql`json_object('inserted', ${countStored(batch)}, 'last_seq', ${baseOf(batch)} + ${count},
    'suffix', ${suffix}, 'extra', json(${JSON.stringify(extra)}))`;
  const row = { organization_id, key, fingerprint, answer, created_at, customer_id: null };
  const keep = db.insert(idempotency_keys).select(rowIf(idempotency_keys, row, isNew));
  const [, ...inserts] = statements(isNew, sql`false`);
  const all = [advance(batch, isNew), ...inserts, keep.onConflictDoNothing(), ofKey, ...findings];
  const results = await store.write(all, { repeat: all });
  const [found] = results.at(-1 - findings.length)!.rows as Omit<StoredAnswer, "is_own">[];
  if (found === undefined) return null;
  if (found.fingerprint !== fingerprint) return "reused";
  const kept = parseJson(found.answer) as KeptAnswer;
  const stored = storedOf(findings.length === 0 ? [] : results.slice(-findings.length));
  const outcomes = options.compare ? outcomesOf(kept.last_seq - count + 1, stored, { ...batch, ...kept }) : null;
  const { inserted, last_seq: lastSeq } = kept;
  const isWatched = (results[0]!.rows as Advanced[])[0]?.is_watched === 1;
  return { lastSeq, isWatched, inserted, outcomes, extra: kept.extra, isReplayed: kept.suffix !== suffix };
}

/** The statements of a request: those that append its events on a condition, and those that find stored duplicates. */
function prepare(store: Store, newEvents: NewEvent[], options: Options) {
  const batch: Batch = { ...options, ...newBlock(store, newEvents.length, options.now) };
  const parts = toParts(newEvents);
  const { condition = sql`true` } = options;
  const statements = (isNew: SQL, isDone: SQL): Statement[] => [
    advance(batch, sql`(${condition} OR ${isDone})`),
    ...parts.map((part) => insert(batch, part, sql`${condition} AND ${isNew}`)),
  ];
  const findings = options.compare ? parts.map((part) => selectStored(batch.organizationId, part)) : [];
  return { batch, parts, statements, findings };
}

function storedOf(found: Written[]): Map<number, StoredEvent> {
  return new Map(found.flatMap(({ rows }) => rows as StoredEvent[]).map((event) => [event.index, event]));
}

/** The seq that the first event got in the attempt that stored the request's own events. */
function firstSeqOf(own: number[], stored: Map<number, StoredEvent>, { suffix, count }: Batch): number {
  for (let index = 0; index < count; index++) {
    const { id } = stored.get(index) ?? {};
    if (id === undefined || id.endsWith(suffix)) return (own[0] ?? 0) - index;
  }
  return 0;
}

/** An event was inserted if the stored one has its id; an event without an external_id is always inserted. */
export function outcomesOf(firstSeq: number, stored: Map<number, StoredEvent>, { suffix, count }: Block): Outcome[] {
  return Array.from({ length: count }, (_, index): Outcome => {
    const id = eventId(firstSeq + index, suffix);
    const event = stored.get(index);
    return event === undefined || event.id === id ? { index, id, result: "inserted" } : duplicateOf(index, event);
  });
}

/** The outcome of an event whose external_id is stored. */
export function duplicateOf(index: number, event: StoredEvent): Outcome {
  const differs = COMPARED.filter((field) => event[field] === 1);
  if (differs.length === 0) return { index, id: event.id, result: "duplicate" };
  return { index, id: event.id, result: "duplicate_differs", differs };
}

function insert(batch: Batch, { json, first }: EventPart, isNew: SQL) {
  const sent = sql`(SELECT ${baseOf(batch)} + ${first + 1} + key AS seq, value FROM json_each(${json}))`;
  return db
    .insert(events)
    .select(selectRows(batch, batch.source, sent, isNew))
    .onConflictDoNothing();
}

/**
 * Selects the rows of events.
 * @param sent a table of them: `seq`, and `value` as toParts writes it
 */
export function selectRows(
  { organizationId, suffix, now }: Block<SQL>,
  source: string,
  sent: SQL,
  condition: SQL,
): SQL {
  const row = {
    organization_id: organizationId,
    seq: sql`seq`,
    id: sql`${idPrefixSql(sql`seq`)} || ${suffix}`,
    name: sql`value ->> 0`,
    source,
    timestamp: sql`coalesce(value ->> 1, ${now})`,
    customer_id: sql`value ->> 2`,
    external_customer_id: sql`value ->> 3`,
    generation: generationIn(organizationId, sql`value ->> 3`),
    external_id: sql`value ->> 4`,
    parent_id: sql`value ->> 5`,
    metadata: sql`value -> 6`,
    ingested_at: now,
    voided_at: null,
    void_reason: null,
  };
  return rowIf(events, row, condition, sent);
}

/** Selects what is stored under the events' external_ids. Contents are compared in SQL, so that they need not be returned. */
export function selectStored(organizationId: string, { json, first }: EventPart<SQL>): SQL {
  return sql`
    SELECT sent.key + ${first} AS "index", ${e.id}, ${DIFFERENCES}
    FROM json_each(${json}) AS sent
    CROSS JOIN ${events} AS ${e} ON ${e.organization_id} = ${organizationId} AND ${e.external_id} = sent.value ->> 4`;
}

/** The fields in which a duplicate can differ from what is stored. */
type Compared = Exclude<keyof NewEvent, "external_id">;
/** Whether each field differs. Metadata is equal if it has the same values in any order of keys, which implies the same length. */
const DIFFERS: Record<Compared, SQL> = {
  name: sql`${e.name} <> sent.value ->> 0`,
  timestamp: sql`coalesce(${e.timestamp} <> sent.value ->> 1, 0)`,
  customer_id: sql`${e.customer_id} IS NOT sent.value ->> 2`,
  external_customer_id: sql`${e.external_customer_id} IS NOT sent.value ->> 3`,
  parent_id: sql`${e.parent_id} IS NOT sent.value ->> 5`,
  metadata: sql`CASE
        WHEN ${e.metadata} = sent.value -> 6 THEN 0
        WHEN length(${e.metadata}) <> length(sent.value -> 6) THEN 1
        ELSE EXISTS (
          SELECT fullkey, type, atom FROM json_tree(${e.metadata})
          EXCEPT SELECT fullkey, type, atom FROM json_tree(sent.value -> 6)
        )
      END`,
};
const COMPARED = Object.keys(DIFFERS) as Compared[];
const DIFFERENCES = sql.join(
  COMPARED.map((field) => sql`${DIFFERS[field]} AS ${sql.raw(field)}`),
  sql`, `,
);

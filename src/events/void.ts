import { notExists, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { areCustomers, selectKeysOf } from "../customers/known.ts";
import { Conflict, type FieldProblem, InvalidFields } from "../errors.ts";
import type { BalanceMeter } from "../engine/reading/balances.ts";
import { areWatched, compareBalances, readWatched } from "../engine/reading/compare.ts";
import { planVoid, type VoidPlan } from "../engine/upkeep/void.ts";
import { retry } from "../retry.ts";
import { type Idempotency, selectAnswer, type StoredAnswer } from "../store/idempotency.ts";
import type { Statement, Store } from "../store/store.ts";
import { events } from "../store/tables.ts";
import { parseJson } from "../wire/json.ts";
import type { Outcome } from "./append.ts";
import { advance, type Advanced, baseOf, isFirstTime, newBlock, selectOwn } from "./block.ts";
import type { NewEvent } from "./event-json.ts";
import { eventId, type IdSuffix, seqOfId } from "./event-id.ts";
import { areFree, customerIdsOf, requireNew, requireStored } from "./replacements.ts";
import { isStored } from "./system-event.ts";
import { areOpen, insertReplacements, insertVoids, keepAnswer, mark, remember } from "./void-statements.ts";

/** An event that a request names, by its id or by the caller's own. */
type EventRef = { id?: string | undefined; external_id?: string | undefined };

/** What a request voids, why, and the events that take the place of what it voids. */
export type VoidRequest = { events: EventRef[]; reason: string; replacements: NewEvent[]; tokenId: string | null };

/** The outcome for an event: its id, or null if no event has the caller's own id. */
type VoidOutcome = {
  index: number;
  id: string | null;
  result: "voided" | "already_voided" | "not_found" | "not_voidable";
};

/**
 * The result of a request, or of the first one with its idempotency key: `lastSeq` is 0 when nothing was written, `isWatched`
 * says that alerts depend on events.
 */
export type Voided = {
  events: VoidOutcome[];
  replacements: Outcome[];
  lastSeq: number;
  isWatched: boolean;
  isReplayed: boolean;
};

/**
 * What a key stores: the outcomes; if replacements were inserted, how many, and what their ids are made of; otherwise those that
 * were stored before.
 */
type Kept = { base: number; suffix: string; outcomes: VoidOutcome[]; inserted: number; duplicates: Outcome[] };

const e = alias(events, "e");

/**
 * Voids events, with a system event for each, and stores their replacements: one transaction. When its outcome is unknown, it
 * is repeated, and has no effect the second time. It is also repeated when anything has changed since it was planned.
 * @param now milliseconds since 1970 UTC
 * @returns `reused` when the idempotency key was used for another request
 * @throws InvalidFields; Conflict when other requests keep changing the meters
 */
export async function voidEvents(
  store: Store,
  request: VoidRequest,
  idempotency: Idempotency | null,
  now: number,
): Promise<Voided | "reused"> {
  const done = await retry({ attempts: 10, pause: 10 }, async () => {
    const found = await readNamed(store, request, idempotency);
    if (found.kept !== null) return replay(found.kept, idempotency!);
    const first = [...new Map(found.rows.map((row) => [row.seq, row])).values()];
    const open = first.filter(({ source, voided_at }) => source === "user" && voided_at === null);
    const plan = open.length === 0 ? null : await planVoid(store, open);
    const voided = open.filter(({ seq }) => plan?.refused.has(seq) !== true);
    const outcomes = outcomesOf(request, found.rows, new Set(voided.map(({ seq }) => seq)));
    if (request.replacements.length > 0) requireVoidable(outcomes);
    if (voided.length === 0) return withoutEffect(store, request, outcomes, idempotency, now);
    const planned = { plan: plan!, seqs: voided.map(({ seq }) => seq), outcomes, watched: await readWatched(store) };
    await requireNew(store, request.replacements);
    return carryOut(store, request, planned, idempotency, now);
  });
  if (done !== null) return done;
  throw new Conflict("Other requests kept changing the meters of these events. Repeat the request.");
}

type NamedRow = Pick<typeof events.$inferSelect, "seq" | "id" | "name" | "source" | "voided_at"> & { index: number };

/** Reads the events that a request names, and what its key has stored. */
async function readNamed(store: Store, request: VoidRequest, idempotency: Idempotency | null) {
  const { organizationId } = store;
  const refs = request.events.map(({ id, external_id }) => [id ?? null, id === undefined ? null : seqOfId(id), external_id ?? null]); // prettier-ignore
  const json = JSON.stringify(refs);
  const selectBy = (isNamed: SQL) => sql`
    SELECT named.key AS "index", ${e.seq}, ${e.id}, ${e.name}, ${e.source}, ${e.voided_at}
    FROM json_each(${json}) AS named CROSS JOIN ${events} AS ${e} ON ${e.organization_id} = ${organizationId} AND ${isNamed}`;
  const byId = selectBy(sql`${e.seq} = named.value ->> 1 AND ${e.id} = named.value ->> 0`);
  const byExternalId = selectBy(sql`${e.external_id} = named.value ->> 2`);
  const key = idempotency === null ? sql<StoredAnswer>`SELECT 1 WHERE false` : selectAnswer({ organization_id: organizationId, key: idempotency.key }); // prettier-ignore
  const [rows, [kept]] = await store.read([sql<NamedRow>`${byId} UNION ALL ${byExternalId} ORDER BY 1`, key]);
  return { rows, kept: kept ?? null };
}

function replay({ fingerprint, answer }: Omit<StoredAnswer, "is_own">, idempotency: Idempotency): Voided | "reused" {
  if (fingerprint !== idempotency.fingerprint) return "reused";
  return { ...resultOf(parseJson(answer) as Kept), isReplayed: true };
}

/** The first of several references to an event voids it. */
function outcomesOf(request: VoidRequest, rows: NamedRow[], voided: ReadonlySet<number>): VoidOutcome[] {
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  const seen = new Set<number>();
  return request.events.map((ref, index): VoidOutcome => {
    const row = byIndex.get(index);
    if (row === undefined) return { index, id: ref.id ?? null, result: "not_found" };
    const { id, seq } = row;
    const isVoided = row.voided_at !== null || (seen.has(seq) && voided.has(seq));
    seen.add(seq);
    if (isVoided) return { index, id, result: "already_voided" };
    return { index, id, result: voided.has(seq) ? "voided" : "not_voidable" };
  });
}

/** Replacements of events that go on counting would count twice. */
function requireVoidable(outcomes: VoidOutcome[]): void {
  const problems = outcomes.flatMap(({ index, result }): FieldProblem[] => {
    if (result !== "not_found" && result !== "not_voidable") return [];
    const what = result === "not_found" ? "There is no such event" : "This event cannot be voided";
    return [{ type: result, field: ["events", index], msg: `${what}, so its replacement would be counted besides.` }];
  });
  if (problems.length > 0) throw new InvalidFields(problems);
}

/** Answers a request that has nothing to void: a repetition, or one whose events cannot be voided. */
async function withoutEffect(
  store: Store,
  { replacements }: VoidRequest,
  outcomes: VoidOutcome[],
  idempotency: Idempotency | null,
  now: number,
): Promise<Voided | null> {
  const duplicates = await requireStored(store, replacements);
  const kept: Kept = { base: 0, suffix: "", outcomes, inserted: 0, duplicates };
  if (idempotency === null) return resultOf(kept);
  const keep = keepAnswer(store.organizationId, idempotency, JSON.stringify(kept), now, sql`true`);
  const [written] = await store.write([keep], { repeat: [keep] });
  // Otherwise another request with the key was first.
  return written!.changes === 0 ? null : resultOf(kept);
}

/** The events to void, what that takes, the outcomes of all named ones, and the meters that alerts watch. */
type Planned = { plan: VoidPlan; seqs: number[]; outcomes: VoidOutcome[]; watched: BalanceMeter[] };

/**
 * Voids events as planned.
 * @returns null when something has changed since then: nothing was written
 */
async function carryOut(
  store: Store,
  request: VoidRequest,
  { plan, seqs, outcomes, watched }: Planned,
  idempotency: Idempotency | null,
  now: number,
): Promise<Voided | null> {
  const { organizationId } = store;
  const { replacements } = request;
  const block = newBlock(store, seqs.length + replacements.length, now);
  const kept = { suffix: block.suffix, outcomes, inserted: replacements.length, duplicates: [] };
  const answer = sql`json_set(${JSON.stringify(kept)}, '$.base', ${baseOf(block)})`;
  const isPlanned = isAsPlanned(organizationId, { plan, seqs, watched }, replacements, idempotency);
  const compared = () => compareBalances({ organizationId, meters: watched, customers: selectKeysOf(organizationId, seqs), now }); // prettier-ignore
  const isDone = isStored(block, 1);
  const statements = (isFirst: SQL, isRepeated: SQL): Statement[] => [
    advance(block, sql`(${isPlanned} OR ${isRepeated})`),
    insertVoids(block, seqs, request, sql`${isPlanned} AND ${isFirst}`),
    ...compared(),
    mark(organizationId, seqs, request.reason, now, isDone),
    remember(organizationId, seqs, now, isDone),
    ...plan.statements(isDone),
    ...insertReplacements(block, seqs.length, replacements, isDone),
    ...compared(),
    ...(idempotency === null ? [] : [keepAnswer(organizationId, idempotency, answer, now, isDone)]),
  ];
  const results = await store.write(
    [...statements(sql`true`, sql`false`), sql`SELECT ${baseOf(block)} AS base WHERE ${isDone}`],
    {
      repeat: [
        ...statements(isFirstTime(block), sql`EXISTS (${selectOwn(block)})`),
        sql`SELECT min(seq) - 1 AS base FROM (${selectOwn(block)}) HAVING count(*) > 0`,
      ],
    },
  );
  const [written] = results.at(-1)!.rows as { base: number }[];
  if (written === undefined) return null;
  return { ...resultOf({ ...kept, ...written }), isWatched: (results[0]!.rows as Advanced[])[0]?.is_watched === 1 };
}

/** True if nothing has changed that the plan, its outcomes or its alerts depend on. */
function isAsPlanned(
  organizationId: string,
  { plan, seqs, watched }: Omit<Planned, "outcomes">,
  replacements: NewEvent[],
  idempotency: Idempotency | null,
): SQL {
  const isNew = idempotency === null ? sql`true` : notExists(selectAnswer({ organization_id: organizationId, key: idempotency.key })); // prettier-ignore
  return sql`(${isNew} AND ${areOpen(organizationId, seqs)} AND ${areFree(organizationId, replacements)}
    AND ${areCustomers(organizationId, customerIdsOf(replacements))} AND ${plan.isCurrent}
    AND ${areWatched(organizationId, watched)})`;
}

/** The result that a key stores. */
function resultOf({ base, suffix, outcomes, inserted, duplicates }: Kept): Voided {
  const voided = outcomes.filter(({ result }) => result === "voided").length;
  const first = base + voided + 1;
  const stored = Array.from({ length: inserted }, (_, index): Outcome => {
    return { index, id: eventId(first + index, suffix as IdSuffix), result: "inserted" };
  });
  const lastSeq = voided === 0 ? 0 : base + voided + inserted;
  return {
    events: outcomes,
    replacements: [...duplicates, ...stored],
    lastSeq,
    isWatched: false,
    isReplayed: false,
  };
}

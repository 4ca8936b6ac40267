import { and, exists, type SQL, sql } from "drizzle-orm";
import { isNamed, likeRef, selectKeys } from "../customers/queries.ts";
import { compareBalances } from "../engine/reading/compare.ts";
import { InvalidFields } from "../errors.ts";
import type { KnownMeter } from "../engine/reading/known-meters.ts";
import {
  appendStatements,
  type Candidate,
  candidateTables,
  isStoredAs,
  isWatchedAfter,
  likeCandidate,
  newCandidate,
  outcomeOf,
} from "../events/append-if.ts";
import type { Outcome } from "../events/append.ts";
import type { NewEvent } from "../events/event-json.ts";
import { db } from "../store/db.ts";
import { given, PreparedStatements } from "../store/prepared.ts";
import type { Statement, Store, Written } from "../store/store.ts";
import { events } from "../store/tables.ts";
import type { PairRef } from "./schemas.ts";
import { clamp } from "../engine/rollups/rollups.ts";
import {
  AVAILABLE,
  customerOf,
  type Place,
  selectStanding,
  type Standing,
  standingTables,
  withMeter,
} from "./standing.ts";

/** How a customer stands with an event, without it, and what is decided about it. */
type Judged = Standing & {
  seq: number;
  /** Whether an earlier attempt has stored the event. */
  is_stored: number;
  is_counted: number;
  is_allowed: number;
  consumed_before: number;
  balance_before: number;
  modified_before: number | null;
  available_before: number;
};

/** The result of an event: its outcome, null when it was denied; by how much it raises consumption; the standing after it. */
export type Consumed = { outcome: Outcome | null; required: number; standing: Standing } & Appended;

/** The number of the last event, and whether alerts depend on a new one. */
type Appended = { lastSeq: number; isWatched: boolean };

/** An event on which the standing of its customer on a meter decides. */
export type Judging<Given = never> = {
  place: Place<Given>;
  candidate: Candidate<Given>;
  /** A condition on `available`, which is with the event. */
  isAllowed: (available: SQL) => SQL;
  /** A hold that does not count, because it ends with the event. */
  except?: string;
  /** The microseconds that a statement may take to examine events. */
  budget?: number | null;
};

/**
 * Appends an event if at least `minimum` is available afterwards: one transaction. When its outcome is unknown it is
 * repeated, and finds by the event's id what the earlier attempt did.
 * @param event with the identity that `ref` names
 * @param now milliseconds since 1970 UTC
 * @throws InvalidFields when customer or meter are unknown, the meter does not count the event, or it is too large
 */
export function consume(store: Store, ref: PairRef, event: NewEvent, minimum: number, now: number): Promise<Consumed> {
  const candidate = newCandidate(store, event, now);
  return withMeter(store, ref, async (meter: KnownMeter, budget) => {
    const place = { organizationId: store.organizationId, customer: customerOf(ref), meter, now };
    const judging = { place, candidate, budget, isAllowed: isAtLeast(minimum) };
    const all = (isRepeated: boolean): Statement[] =>
      budget === null ? judge(judging, isRepeated) : [...prepared(judging, minimum, isRepeated), ...compared(judging)];
    const [judged, ...written] = await store.write(all(false), { repeat: all(true) });
    return consumedOf(candidate, judged!, written);
  });
}

const isAtLeast = (minimum: number | SQL) => (available: SQL) => sql`${available} >= ${minimum}`;

const PREPARED = new PreparedStatements(5_000_000);
const MINIMUM = given("minimum");

/** The statements that judge an event on a meter that is known, and append it if at least `minimum` is available afterwards. */
function prepared({ place, candidate, budget }: Judging, minimum: number, isRepeated: boolean): Statement[] {
  const { organizationId, customer, meter, now } = place;
  const { block, part, hasExternalId } = candidate;
  const { named, like: ref } = likeRef(customer);
  const form = [Object.keys(ref), hasExternalId, isRepeated].join(" ");
  const key = `${organizationId} ${meter.id} ${meter.definition_version} ${form}`;
  const values = { now, suffix: block.suffix, json: part.json, named, minimum };
  return PREPARED.get(key, values, () => {
    const like = likeCandidate(candidate);
    const there = { ...place, customer: ref, now: like.block.now };
    return decide({ place: there, candidate: like, budget, isAllowed: isAtLeast(MINIMUM) }, isRepeated);
  });
}

/** The tables of a WITH clause with an event, and how its customer stands with and without it. */
function judgingTables(
  { place, candidate, except, budget = null }: Omit<Judging<SQL>, "isAllowed">,
  isRepeated: boolean,
): SQL {
  const row = sql`SELECT * FROM candidate`;
  const limits = { budget, candidate: { row, is: sql`e.seq = (SELECT seq FROM own)` } };
  return sql`WITH ${candidateTables(candidate, isRepeated)}, ${standingTables(place, limits, except)}`;
}

/** Selects the `id` of the customer if an event raises consumption by more than some units; before it is appended. */
export function selectIfMore(judging: Judging, units: number): SQL {
  return sql`${judgingTables(judging, false)} SELECT p.customer_id AS id FROM standing AS p
    WHERE p.is_counted AND p.consumed_units - p.consumed_before > ${units}`;
}

/** The statements that judge an event, append it if it is allowed, and then evaluate alerts. */
export function judge(judging: Judging, isRepeated: boolean): Statement[] {
  return [...decide(judging, isRepeated), ...compared(judging)];
}

/** The statements that judge an event, and append it if it is allowed. */
function decide(judging: Judging<SQL>, isRepeated: boolean): Statement[] {
  const { place, candidate, isAllowed } = judging;
  const tables = judgingTables(judging, isRepeated);
  const isJudged = sql`(own.is_stored OR ${isAllowed(AVAILABLE)})`;
  const columns = sql`, own.seq AS seq, own.is_stored, p.is_counted, ${isJudged} AS is_allowed, p.consumed_before, p.balance_before,
      p.modified_before, ${clamp(sql`p.balance_before - p.held_units`)} AS available_before`;
  const standing = selectStanding(place, columns, sql` CROSS JOIN own`);
  const isAccepted = sql`SELECT 1 FROM standing AS p CROSS JOIN own WHERE p.is_counted AND ${isJudged}`;
  return [sql`${tables}${standing}`, ...appendStatements(candidate, tables, isAccepted)];
}

/** The statements that evaluate alerts on the meter, if the event has just been stored. */
function compared({ place: { organizationId, customer, meter, now }, candidate }: Judging): Statement[] {
  if (meter.isWatched !== true) return [];
  const isStored = exists(db.select({ id: events.id }).from(events).where(isStoredAs(candidate, null)));
  const customers = selectKeys(and(isNamed(organizationId, customer), isStored));
  return compareBalances({ organizationId, meters: [meter], customers, now });
}

/**
 * What the results of these statements mean.
 * @returns null when there was no such customer, or the meter was no longer as it was read
 * @throws InvalidFields when the meter does not count the event
 */
export function consumedOf(candidate: Candidate, { rows }: Written, written: Written[]): Consumed | null {
  const [judged] = rows as Judged[];
  if (judged === undefined) return null;
  const { seq, consumed_units, consumed_before, balance_before, modified_before, available_before } = judged;
  const outcome = outcomeOf(candidate, seq, written);
  const before = { ...judged, consumed_units: consumed_before, balance: balance_before, pair_modified_at: modified_before, available: available_before }; // prettier-ignore
  const nothing = { standing: before, lastSeq: seq - 1, isWatched: false };
  if (outcome.result !== "inserted") return { ...nothing, outcome, required: 0 };
  // What an earlier attempt has stored can be in the totals by now.
  if (judged.is_counted === 0 && judged.is_stored === 0) throw notCounted();
  const required = consumed_units - consumed_before;
  if (judged.is_allowed === 0) return { ...nothing, outcome: null, required };
  return { outcome, required, standing: judged, lastSeq: seq, isWatched: isWatchedAfter(candidate, written) };
}

function notCounted(): InvalidFields {
  const msg =
    "The meter does not count this event: its filter does not match, or the property that it aggregates is missing or not a number.";
  return new InvalidFields([{ type: "event_not_counted", field: ["event"], msg }]);
}

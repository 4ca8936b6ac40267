import { type SQL, sql } from "drizzle-orm";
import { InvalidFields } from "../../errors.ts";
import { Budget } from "../../jobs/budget.ts";
import { groupBySize } from "../../store/group-by-size.ts";
import { MAX_PARAMETER_BYTES } from "../../store/limits.ts";
import type { Statement, Store } from "../../store/store.ts";
import type { meters } from "../../store/tables.ts";
import { definitionOf } from "../definition/definition.ts";
import { requiredNames } from "../definition/required-names.ts";
import { isUnique } from "./additions.ts";
import { sharesIn } from "./catch-up.ts";
import { chunkLimitsOf, findChunk } from "./chunk.ts";
import { generationOf, keysOf } from "./customer-key.ts";
import { type CompiledMeter, compileMeter, inSpan, matchingTables, type Span, takenForRollups, takenForUniques, takeTogether } from "./matching.ts"; // prettier-ignore
import { AGGREGATES, clamp } from "./rollups.ts";

// A customer that is given its external id after resets needs a total since each of them under the new key. They are added up
// before the change, in reads that let others in, and stored by its transaction if they are still those of the log.

/** What the events of a key add to a meter since a reset, up to a seq. */
type Total = CompiledMeter & Pick<Row, "watermark" | "reset_seq"> & { upTo: number; sums: Sums; distinct: Set<string> };
type Sums = Pick<SumsRow, "count" | "sum" | "min" | "max" | "last_event_at">;

/** The customer, and the external id that it is to have. */
type Linked = { id: string; external_id: string };

/** The totals that a customer needs for its external id, and the state of the log in which they are right. */
export type LinkedTotals = Linked & State & { totals: Total[]; lastEvent: number | null; budget: Budget };

/** The generation of the external id, and the organization's last seq. */
type State = { generation: number | null; last_seq: number };
type Row = Pick<typeof meters.$inferSelect, "id" | "definition_version" | "filter" | "aggregation" | "watermark"> & { reset_seq: number }; // prettier-ignore
type SumsRow = { meter_id: string; count: number; sum: number; min: number | null; max: number | null; last_event_at: number | null; last_seq: number }; // prettier-ignore
type ValueRow = { meter_id: string; value: string };

/** Meters that are examined together at most, and the characters of a bound value, each of which has three bytes at most. */
const [MOST_METERS, PARAMETER] = [1000, MAX_PARAMETER_BYTES / 3];
/** Statements of a request at most: D1 allows 1,000. */
const MOST_STATEMENTS = 800;
/** The size of all distinct values together at most: characters, and so many more for each. They are stored in one transaction. */
const [MOST_VALUES, VALUE] = [5_000_000, 100];

/**
 * Adds up what a customer's external id adds since each of its resets, up to the watermarks. Without resets there is nothing.
 * @param earlier totals that were not stored because the log had changed: what is still right of them is continued
 * @throws InvalidFields at `external_id` when that is too much for one request
 */
export async function addUpSinceResets(store: Store, customer: Linked, earlier?: LinkedTotals): Promise<LinkedTotals> {
  const linked = await begin(store, customer, earlier);
  const counted = linked.budget.counted(store);
  for (;;) {
    const behind = linked.totals.filter(({ upTo, watermark }) => upTo < watermark);
    if (behind.length === 0) return linked;
    if (!linked.budget.mayGoOn()) throw tooMuch("too many events");
    await addChunk(counted, linked, behind);
  }
}

async function begin(store: Store, { id, external_id }: Linked, earlier?: LinkedTotals): Promise<LinkedTotals> {
  const { organizationId } = store;
  const [[state], rows] = await store.read([
    selectState(organizationId, external_id, earlier === undefined ? sql`false` : isUnchanged(organizationId, earlier)),
    sql<Row>`SELECT m.id, m.definition_version, m.filter, m.aggregation, m.watermark, b.reset_seq
      FROM meters AS m CROSS JOIN meter_balances AS b ON b.meter_id = m.id
      WHERE m.organization_id = ${organizationId} AND b.customer_id = ${id} AND b.reset_seq > 0`,
  ]);
  const { is_unchanged, generation, last_seq } = state!;
  const kept = is_unchanged === 1 ? earlier! : { totals: [], lastEvent: null };
  const totals = rows.map((row): Total => {
    const { definition_version, watermark, reset_seq } = row;
    const known = kept.totals.find((each) => each.id === row.id && each.definition_version === definition_version);
    return { ...(known ?? { ...compile(row), reset_seq, upTo: reset_seq, sums: NOTHING, distinct: new Set() }), watermark }; // prettier-ignore
  });
  const budget = earlier?.budget ?? new Budget({ statements: MOST_STATEMENTS });
  return { id, external_id, generation, last_seq, totals, lastEvent: kept.lastEvent, budget };
}

const NOTHING: Sums = { count: 0, sum: 0, min: null, max: null, last_event_at: null };

function selectState(
  organizationId: string,
  externalId: string,
  unchanged: SQL,
): Statement<State & { is_unchanged: number }> {
  return sql`SELECT ${unchanged} AS is_unchanged, ${generationOf(organizationId, externalId)} AS generation,
    coalesce((SELECT last_seq FROM organizations WHERE id = ${organizationId}), 0) AS last_seq`;
}

function compile({ id, definition_version, ...stored }: Row): CompiledMeter {
  const definition = definitionOf(stored);
  return compileMeter({ id, definition_version, definition, names: requiredNames(definition.filter) });
}

const sizeOf = ({ definition }: Total) => JSON.stringify(definition).length;

/** Adds the next chunk of events for the meters that are furthest behind. */
async function addChunk(store: Store, linked: LinkedTotals, behind: Total[]): Promise<void> {
  const { organizationId } = store;
  const start = Math.min(...behind.map(({ upTo }) => upTo));
  const furthest = behind.filter(({ upTo }) => upTo === start);
  const [group] = groupBySize(furthest, sizeOf, PARAMETER, MOST_METERS) as [Total[]];
  const each = group.map((meter) => chunkLimitsOf(meter, Infinity));
  const limits = { events: Math.min(...each.map(({ events }) => events)), bytes: Math.min(...each.map(({ bytes }) => bytes)) }; // prettier-ignore
  const names = [...new Set(group.flatMap((meter) => meter.names ?? []))];
  const chunk = await findChunk(store, start, limits, names);
  const end = Math.min(chunk.end, ...group.map(({ watermark }) => watermark));
  const shareOf = sharesIn(chunk, { start, end }, limits);
  for (let left = group.filter((meter) => shareOf(meter).events > 0); left.length > 0;) {
    const together = takeTogether(left, shareOf, Infinity);
    await addEvents(store, linked, together, { organizationId, start, end });
    left = left.slice(together.length);
  }
  for (const meter of group) meter.upTo = end;
}

async function addEvents(store: Store, linked: LinkedTotals, group: Total[], span: Span): Promise<void> {
  const own = sql`${inSpan(span).events} AND e.customer_id IS NULL AND e.external_customer_id = ${linked.external_id}
        AND e.generation IS ${linked.generation}`;
  const counted = { events: own, meters: sql`true` };
  const uniques = group.filter(isUnique);
  const values = sql<ValueRow>`WITH ${matchingTables(uniques.length > 0 ? uniques : group, takenForUniques, counted)}
    SELECT DISTINCT meter_id, value FROM matching`;
  const [sums, ...found] = await store.read([
    sql<SumsRow>`WITH ${matchingTables(group, takenForRollups, counted)},
    sums (meter_id, count, sum, min, max, last_event_at, last_seq) AS (SELECT meter_id, ${AGGREGATES}, max(seq) FROM matching GROUP BY 1)
    SELECT * FROM sums`,
    ...(uniques.length > 0 ? [values] : []),
  ]);
  const byId = new Map(group.map((meter) => [meter.id, meter]));
  for (const { meter_id, last_seq, ...row } of sums) {
    const meter = byId.get(meter_id)!;
    meter.sums = add(meter.sums, row);
    linked.lastEvent = Math.max(linked.lastEvent ?? 0, last_seq);
  }
  for (const { meter_id, value } of found.flat()) byId.get(meter_id)!.distinct.add(value);
  if (uniques.length === 0) return;
  const size = linked.totals
    .flatMap(({ distinct }) => [...distinct])
    .reduce((sum, { length }) => sum + VALUE + length, 0);
  if (size > MOST_VALUES) throw tooMuch("too many different values");
}

/** The one that is chosen of two numbers, or the only one. */
const oneOf = (choose: (...both: number[]) => number, a: number | null, b: number | null) =>
  a === null || b === null ? (a ?? b) : choose(a, b);

function add(a: Sums, b: Sums): Sums {
  return {
    count: a.count + b.count,
    sum: Math.max(Math.min(a.sum + b.sum, Number.MAX_VALUE), -Number.MAX_VALUE),
    min: oneOf(Math.min, a.min, b.min),
    max: oneOf(Math.max, a.max, b.max),
    last_event_at: oneOf(Math.max, a.last_event_at, b.last_event_at),
  };
}

function tooMuch(what: string): InvalidFields {
  const msg = `Since the customer's balances were reset, ${what} with this external_id were counted for one request to add them to the balances. Reset the balances again, or create the customer with its external_id.`; // prettier-ignore
  return new InvalidFields([{ type: "scan_too_large", field: ["external_id"], msg }]);
}

/** True while the totals are those of the log: no meter has counted more, and nothing that they contain has changed. */
export function areUpToDate(organizationId: string, linked: LinkedTotals): SQL {
  const read = linked.totals.map(({ id, definition_version, watermark }) => [id, definition_version, watermark]);
  return sql`(
    ${isUnchanged(organizationId, linked)} AND NOT EXISTS (
      SELECT 1 FROM json_each(${JSON.stringify(read)}) AS read LEFT JOIN meters AS m
        ON m.id = read.value ->> 0 AND m.definition_version = read.value ->> 1 AND m.watermark = read.value ->> 2
      WHERE m.id IS NULL
    )
  )`;
}

/**
 * True while no reset and no void have come, and no erasure: that takes the last event too. Resets and voids are events of the
 * log, which no retention deletes on their first day.
 */
function isUnchanged(organizationId: string, { id, external_id, generation, last_seq, lastEvent }: LinkedTotals): SQL {
  const isStored = sql`EXISTS (SELECT 1 FROM events WHERE organization_id = ${organizationId} AND seq = ${lastEvent})`;
  return sql`(
    ${generationOf(organizationId, external_id)} IS ${generation} ${lastEvent === null ? sql`` : sql`AND ${isStored}`} AND NOT EXISTS (
      SELECT 1 FROM events WHERE organization_id = ${organizationId} AND seq > ${last_seq} AND source = 'system' AND (
        (name = 'meter.reset' AND customer_id = ${id})
        OR (name = 'event.voided' AND customer_id IS NULL AND external_customer_id = ${external_id})
      )
    )
  )`;
}

/** The statements that store the totals, on a condition. */
export function insertTotals({ totals, ...owner }: LinkedTotals, condition: SQL | undefined): SQL[] {
  if (totals.length === 0) return [];
  const [, key] = keysOf(owner);
  // The sum of a unique meter is that of its values, of which others have none.
  const rows = totals.map(({ id, reset_seq, distinct, sums: { count, sum, min, max, last_event_at } }) => [id, reset_seq, count, sum + distinct.size, min, max, last_event_at]); // prettier-ignore
  const values = totals.flatMap(({ id, reset_seq, distinct }) => [...distinct].map((value) => JSON.stringify([id, reset_seq, value]))); // prettier-ignore
  return [
    sql`INSERT INTO meter_totals (meter_id, customer, since, count, sum, min, max, last_event_at)
      SELECT value ->> 0, ${key}, value ->> 1, value ->> 2, ${clamp(sql`value ->> 3`)}, value ->> 4, value ->> 5, value ->> 6
      FROM json_each(${JSON.stringify(rows)}) WHERE ${condition}`,
    ...groupBySize(values, ({ length }) => length + 1, PARAMETER).map(
      (part) => sql`INSERT INTO meter_total_uniques (meter_id, customer, since, value)
      SELECT value ->> 0, ${key}, value ->> 1, value ->> 2 FROM json_each(${`[${part.join(",")}]`}) WHERE ${condition}`,
    ),
  ];
}

import { type SQL, sql } from "drizzle-orm";
import { InvalidFields } from "../../errors.ts";
import type { Statement, Store } from "../../store/store.ts";
import type { meters } from "../../store/tables.ts";
import type { Share as Size } from "../rollups/chunk.ts";
import { dimensionsOf } from "../rollups/additions.ts";
import { type CompiledMeter, matchingTables, takenForDimensions, takenForRollups } from "../rollups/matching.ts";
import { type MeterGroup, spanOf } from "./void-share.ts";

/** An event of a caller that is to be voided. */
export type Voidable = { seq: number; name: string };

/** What is read of a meter. */
export type MeterRow = Pick<typeof meters.$inferSelect, "id" | "definition_version" | "filter" | "aggregation" | "dimensions" | "watermark" | "events_from">; // prettier-ignore
/** A meter with its state. */
export type Meter = CompiledMeter & Pick<MeterRow, "watermark" | "events_from">;
/** The state that a plan depends on; `deleted_before` is as in the table of organizations. */
export type State = { state: string; deleted_before: number | null; last_seq: number };

/** An event that a meter has counted: in which rows it is, and what it added. */
export type Counted = {
  meter: Meter;
  customer: string;
  bucket: number;
  seq: number;
  value: number | null;
  /** The customer's total since the last reset, if that has the event too; `seq` is that of the reset. */
  since: { seq: number; count: number; sum: number; min: number | null; max: number | null } | null;
};

type CountedRow = Pick<Counted, "customer" | "bucket" | "seq" | "value"> & {
  meter_id: string;
  since: number | null;
  count: number;
  sum: number;
  min: number | null;
  max: number | null;
};

/** Finds what meters have counted of events: one round trip. */
export async function findCounted(
  store: Store,
  groups: MeterGroup<Meter>[],
  events: readonly Voidable[],
): Promise<Counted[]> {
  const found = await readAll(
    store,
    groups.map(({ meters, watermark }) => {
      const counted = { events: named(store, events, watermark), meters: sql`true` };
      return sql<CountedRow>`WITH ${matchingTables(meters, takenForRollups, counted)}
      SELECT matching.meter_id, matching.customer, matching.bucket, matching.seq, matching.value,
        t.since, t.count, t.sum, t.min, t.max
      FROM matching LEFT JOIN meter_totals AS t ON t.meter_id = matching.meter_id AND t.customer = matching.customer
        AND t.since > 0 AND t.since < matching.seq`;
    }),
  );
  const known = new Map(groups.flatMap(({ meters }) => meters).map((meter) => [meter.id, meter]));
  return found.flat().map(({ meter_id, customer, bucket, seq, value, since, ...total }) => {
    return { meter: known.get(meter_id)!, customer, bucket, seq, value, since: since === null ? null : { seq: since, ...total } }; // prettier-ignore
  });
}

/** Returns whether a rollup may have events that are not stored any more. */
export function isIncomplete({ meter, bucket }: Counted, { deleted_before }: State): boolean {
  return spanOf(bucket)[0] < Math.max(deleted_before ?? -Infinity, meter.events_from ?? -Infinity);
}

/**
 * Returns whether an event cannot be taken out of a rollup, because that would need events that are not stored any more, or
 * because it is not known whether the meter, which began later, has counted it.
 */
export function isLost(counted: Counted, state: State): boolean {
  const { func } = counted.meter.text;
  const isReducible = func === "count" || func === "sum" || func === "avg";
  return isIncomplete(counted, state) && (!isReducible || isIncomplete(counted, { ...state, deleted_before: null }));
}

/** Matches some events `e` up to a watermark. */
function named({ organizationId }: Store, events: readonly { seq: number }[], watermark: number): SQL {
  const seqs = JSON.stringify(events.map(({ seq }) => seq));
  return sql`e.organization_id = ${organizationId} AND e.seq <= ${watermark}
        AND e.seq IN (SELECT value FROM json_each(${seqs}))`;
}

/** What an event added to a rollup of a dimension. */
export type InDimension = Pick<Counted, "customer" | "bucket" | "seq" | "value"> & {
  meter_id: string;
  dimension: number;
  dimension_value: string;
};

/** Finds what events added to the rollups of dimensions: one round trip; none without such meters. */
export async function findInDimensions(
  store: Store,
  groups: MeterGroup<Meter>[],
  counted: Counted[],
): Promise<InDimension[]> {
  if (counted.length === 0) return [];
  const statements = groups.flatMap(({ meters, watermark }) =>
    dimensionsOf(meters).flatMap(({ numbers }) => {
      const of = { events: named(store, counted, watermark), meters: sql`true` };
      return numbers.length === 0 ? [] : [sql<InDimension>`WITH ${matchingTables(numbers, takenForDimensions, of)} SELECT * FROM matching`]; // prettier-ignore
    }),
  );
  return (await readAll(store, statements)).flat();
}

/** Reads any number of statements, none included. */
export async function readAll<Row>(store: Store, statements: Statement<Row>[]): Promise<Row[][]> {
  return statements.length === 0 ? [] : ((await store.read(statements)) as Row[][]);
}

/** How much there is to examine, and what can be. */
export type Sizes = {
  state: State;
  /** What the events have added to rollups of dimensions that are reduced. */
  inDimensions: InDimension[];
  /** The events of each bucket, by name. */
  buckets: Map<number, Map<string, Size>>;
  /** Microseconds to compute totals of all events again from rollups and counts of values. */
  rowTime: number;
  /** Microseconds to examine the events since resets. */
  scanTime: number;
  canScan: boolean;
  /** Returns whether all events of the customer's total since the reset are stored. */
  areStored: (counted: Counted) => boolean;
};

/** The error for a request that would take too long. */
export function tooLong(): InvalidFields {
  const msg =
    "Voiding these events would take too long, because too many others have to be counted again. Void fewer of them in one request.";
  return new InvalidFields([{ type: "scan_too_large", field: ["events"], msg }]);
}

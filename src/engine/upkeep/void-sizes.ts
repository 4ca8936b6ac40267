import { sql } from "drizzle-orm";
import type { Store } from "../../store/store.ts";
import { COMPARISON, MOST_COMPARED, STATEMENT_BUDGET } from "../definition/scan-cost.ts";
import { countingTimeOf, type Share as Size } from "../rollups/chunk.ts";
import {
  type Counted,
  findInDimensions,
  isIncomplete,
  type Meter,
  readAll,
  type Sizes,
  type State,
  tooLong,
} from "./void-counted.ts";
import { pairKey, shareOf } from "./void-decision.ts";
import { type MeterGroup, type Share, spanOf } from "./void-share.ts";
import { selectStoredSince } from "./void-since.ts";

/** Microseconds to add up a rollup or a count of values. */
const ROW_COST = 0.5;
/** Statements that examine the events since a reset, for each group of meters. */
const SCANS = 3;

/** Finds how much it takes to void events: one or two round trips. */
export async function readSizes(
  store: Store,
  groups: MeterGroup<Meter>[],
  counted: Counted[],
  state: State,
): Promise<Sizes> {
  const none: Sizes = {
    state,
    inDimensions: [],
    buckets: new Map(),
    rowTime: 0,
    scanTime: 0,
    canScan: true,
    areStored: () => true,
  };
  if (counted.length === 0) return none;
  const [events, [rows]] = await store.read([
    selectBuckets(store.organizationId, [...new Set(counted.map(({ bucket }) => bucket))]),
    selectRows(counted),
  ]);
  const read = events.reduce((sum, each) => sum + each.events, 0);
  if (read > MOST_COMPARED) throw tooLong();
  const byBucket = Map.groupBy(events, ({ bucket }) => bucket);
  const buckets = new Map([...byBucket].map(([bucket, each]) => [bucket, new Map(each.map(({ name, ...size }) => [name, size]))])); // prettier-ignore
  const share = shareOf(counted, new Set(), none);
  const scanned = Array.isArray(share) ? [] : share.rebuiltSince;
  const first = Math.min(...scanned.map(([, , since]) => since), state.last_seq);
  const scanTime = (state.last_seq - first) * COMPARISON.perEvent * SCANS * groups.length;
  const canScan = scanTime <= STATEMENT_BUDGET;
  const inDimensions = await findInDimensions(
    store,
    groups,
    counted.filter((each) => isIncomplete(each, state)),
  );
  const sizes = { ...none, inDimensions, buckets, rowTime: rows!.time, scanTime, canScan };
  if (state.deleted_before === null || scanned.length === 0 || !canScan) return sizes;
  const found = (await readAll(store, groups.flatMap((group) => selectStoredSince(store.organizationId, group, scanned)))).flat(); // prettier-ignore
  const stored = new Map(found.map((each) => [`${each.meter_id} ${each.customer}`, each.stored]));
  return { ...sizes, areStored: (each) => stored.get(pairKey(each)) === each.since!.count };
}

function selectBuckets(organizationId: string, buckets: number[]) {
  const spans = JSON.stringify(buckets.map((bucket) => [bucket, ...spanOf(bucket)]));
  return sql<{ bucket: number; name: string } & Size>`
    SELECT bucket, name, count(*) AS events, total(bytes) AS bytes FROM (
      SELECT span.value ->> 0 AS bucket, e.name, octet_length(e.metadata) AS bytes
      FROM json_each(${spans}) AS span CROSS JOIN events AS e WHERE e.organization_id = ${organizationId}
        AND e.timestamp >= span.value ->> 1 AND e.timestamp < span.value ->> 2 LIMIT ${MOST_COMPARED + 1}
    ) GROUP BY 1, 2`;
}

function selectRows(counted: Counted[]) {
  const keys = JSON.stringify([...new Map(counted.map((each) => [pairKey(each), [each.meter.id, each.customer]])).values()]); // prettier-ignore
  const timeOfRows = (table: string) => sql`(
      SELECT count(*) * ${ROW_COST} FROM (
        SELECT 1 FROM json_each(${keys}) AS k CROSS JOIN ${sql.raw(table)} AS r
          ON r.meter_id = k.value ->> 0 AND r.customer = k.value ->> 1 LIMIT ${Math.ceil(STATEMENT_BUDGET / ROW_COST) + 1}
      )
    )`;
  return sql<{
    time: number;
  }>`SELECT ${timeOfRows("meter_rollups")} + ${timeOfRows("meter_value_counts")} AS time`;
}

/**
 * Requires that the statements fit into the time of one that reads.
 * @throws InvalidFields at `events`
 */
export function requireAffordable(counted: Counted[], { rebuilt, rebuiltSince }: Share, sizes: Sizes): void {
  const known = new Map(counted.map(({ meter }) => [meter.id, meter]));
  // The rollups of all customers: each bucket of each meter once.
  const ofAll = rebuilt.filter(([, customer]) => customer === "");
  const times = ofAll.map(([id, , bucket]) => timeOf(known.get(id)!, sizes.buckets.get(bucket) ?? new Map()));
  const time = times.reduce((sum, each) => sum + each, sizes.rowTime);
  if (time + (rebuiltSince.length > 0 ? sizes.scanTime : 0) > STATEMENT_BUDGET) throw tooLong();
}

/** Estimates the microseconds that a meter takes to count the events of a bucket again. */
function timeOf(meter: Meter, events: Map<string, Size>): number {
  const sizes = meter.names === null ? [...events.values()] : meter.names.flatMap((name) => events.get(name) ?? []);
  return sizes.reduce((time, size) => time + countingTimeOf(meter, size), 0);
}

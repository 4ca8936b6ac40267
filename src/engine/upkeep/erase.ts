import { type SQL, sql } from "drizzle-orm";
import type { Store } from "../../store/store.ts";
import { parseJson } from "../../wire/json.ts";
import { type AffectedMeter, customerKeys, eraseShare, isOwn } from "./erase-share.ts";
import { eraseFromShadows } from "./verify.ts";
import type { Owner } from "../rollups/customer-key.ts";
import { takeFromCounts } from "../rollups/event-counts.ts";
import { BUCKET, BUCKET_OF_EVENT, BUCKETS } from "../rollups/rollups.ts";
import { type Aggregation, keepsValues } from "../definition/aggregation.ts";

// The events of a deleted customer are erased in order of time, some whole buckets per transaction, so that a bucket's rollups
// change together with its events.

/** The progress of an erasure: the customer, the last seq at its deletion, and the last bucket that is done. */
export type Erasure = Owner & { seq: number; bucket: number };

/** The limits of one transaction. */
export type StepLimits = {
  /** The maximum number of events to examine, unless a single bucket has more. */
  examined: number;
  /** The maximum number of events to erase. */
  erased: number;
  /** The maximum number of buckets that change in each meter's rollups. */
  buckets: number;
};

/** The next buckets, and what to erase in them. */
export type Step = {
  /** The last bucket; the first is the one after `erasure.bucket`. */
  end: number;
  /** The number of events that were examined, not counting those accepted after the deletion. */
  examined: number;
  /** The number of events to erase, or to change because they have the external id next to another customer's id. */
  erased: number;
  /** Whether the bucket has more events than one transaction should erase, so that it is done only partly. */
  isPartial: boolean;
  meters: AffectedMeter[];
  /** The state of the organization's meters when this was read. */
  state: string;
};

/** The first bucket of an erasure that begins. */
export const FIRST_ERASED = BUCKETS.first;

/** Returns whether an erasure has nothing left to examine. */
export function isAtEnd({ bucket }: Erasure): boolean {
  return bucket >= BUCKETS.last;
}

type BucketFound = { bucket: number; erased: number; known: number; events: number };
type MeterFound = Omit<AffectedMeter, "isUnique" | "buckets"> & { func: Aggregation["func"]; buckets: string };

/** Finds what the next transaction erases: one round trip, or two if a single bucket has very many events. */
export async function nextStep(store: Store, erasure: Erasure, limits: StepLimits): Promise<Step> {
  const { organizationId } = store;
  const [found, meters, [state]] = await store.read([
    selectBuckets(organizationId, erasure, { to: BUCKETS.last, most: limits.examined }),
    selectMeters(organizationId, erasure, limits.buckets),
    sql<{ state: string }>`SELECT ${stateSql(organizationId)} AS state`,
  ]);
  const isComplete = found.reduce((sum, { events }) => sum + events, 0) < limits.examined;
  const single = found.length === 1 && !isComplete ? found[0]!.bucket : undefined;
  const buckets = single === undefined ? found : await readBucket(store, erasure, single);
  const ends = [
    isComplete ? BUCKETS.last : (single ?? found.at(-1)!.bucket - 1),
    ...meters.map((meter) => lastBucket(meter, limits.buckets)),
  ];
  return stepTo(Math.min(...ends), buckets, meters, state!.state, limits);
}

async function readBucket(store: Store, erasure: Erasure, bucket: number): Promise<BucketFound[]> {
  const [rows] = await store.read([selectBuckets(store.organizationId, erasure, { to: bucket, most: -1 })]);
  return rows.filter((row) => row.bucket === bucket);
}

/** The last bucket of a list if the list may be cut off there, otherwise the last bucket of all. */
function lastBucket({ buckets }: MeterFound, most: number): number {
  const list = parseJson(buckets) as number[];
  return list.length < most ? BUCKETS.last : list.at(-1)!;
}

/** Ends a step early if it would erase too much. */
function stepTo(limit: number, found: BucketFound[], meters: MeterFound[], state: string, limits: StepLimits): Step {
  const step = { end: limit, examined: 0, erased: 0, isPartial: false, state };
  for (const { bucket, erased, known } of found) {
    if (bucket > limit) break;
    if (step.erased > 0 && step.erased + erased > limits.erased) {
      step.end = bucket - 1;
      break;
    }
    step.erased += erased;
    step.examined += known;
    if (erased > limits.erased) {
      Object.assign(step, { end: bucket, isPartial: true, examined: 0 });
      break;
    }
  }
  return { ...step, meters: affectedUpTo(step.end, meters) };
}

/** The meters with rollups of the customer up to a bucket, and their buckets. */
function affectedUpTo(end: number, meters: MeterFound[]): AffectedMeter[] {
  const affected = new Map<string, AffectedMeter>();
  for (const { func, buckets, ...found } of meters) {
    const list = (parseJson(buckets) as number[]).filter((bucket) => bucket <= end);
    if (list.length === 0) continue;
    const { id } = found;
    const meter = affected.get(id) ?? { ...found, isUnique: keepsValues(func), buckets: [] };
    affected.set(id, { ...meter, buckets: [...new Set([...meter.buckets, ...list])] });
  }
  return [...affected.values()];
}

/**
 * Carries out a step in one transaction, after which quantities are exactly those of the remaining events. It has no effect
 * if the meters or the erasure have changed since they were read.
 * @param isCurrent SQL: true if the erasure has not changed since it was read
 * @param move the statement that advances the erasure
 */
export async function eraseStep(
  store: Store,
  erasure: Erasure,
  step: Step,
  limits: StepLimits,
  isCurrent: SQL,
  move: SQL,
): Promise<boolean> {
  const { organizationId } = store;
  const condition = sql`${isCurrent} AND ${stateSql(organizationId)} = ${step.state}`;
  const range = rangeSql(organizationId, erasure.bucket, step.end);
  const most = step.isPartial ? limits.erased : -1;
  const chosen = (events: SQL) => sql`organization_id = ${organizationId} AND seq IN (
      SELECT e.seq FROM events AS e WHERE ${range} AND ${events} ORDER BY e.timestamp LIMIT ${most}
    ) AND ${condition}`;
  const statements = [
    ...takeFromCounts(organizationId, chosen(isOwn(erasure))),
    sql`DELETE FROM events WHERE ${chosen(isOwn(erasure))}`,
    sql`UPDATE events SET external_customer_id = NULL WHERE ${chosen(namesBeside(erasure))}`,
    ...eraseShare(step, { owner: erasure, after: erasure.bucket, range, condition }),
    ...eraseFromShadows(organizationId, customerKeys(erasure)),
    sql`${move} AND ${condition}`,
  ];
  const results = await store.write(statements, { repeat: statements });
  return results.at(-1)!.changes > 0;
}

/** A value that changes with every watermark and every definition: versions only grow, and so do watermarks within one. */
export function stateSql(organizationId: string): SQL {
  return sql`(SELECT coalesce(sum(watermark), 0) || '/' || coalesce(sum(definition_version), 0) FROM meters
      WHERE organization_id = ${organizationId})`;
}

/** Events of another customer that also have the external id, from before the deletion: it is removed from them. */
function namesBeside({ id, external_id, seq }: Erasure): SQL {
  return sql`(e.customer_id <> ${id} AND e.external_customer_id = ${external_id} AND e.seq <= ${seq})`;
}

/** Matches events whose bucket is after one and up to another. */
function rangeSql(organizationId: string, after: number, to: number): SQL {
  // The range is wider because the buckets of times before 1970 are rounded towards zero.
  const [from, until] = [after * BUCKET - BUCKET, (to + 2) * BUCKET];
  return sql`e.organization_id = ${organizationId} AND e.timestamp >= ${from} AND e.timestamp < ${until}
        AND ${BUCKET_OF_EVENT} > ${after} AND ${BUCKET_OF_EVENT} <= ${to}`;
}

/** Selects the next buckets with events, and how many of each kind they have. */
function selectBuckets(organizationId: string, erasure: Erasure, { to, most }: { to: number; most: number }) {
  return sql<BucketFound>`
    WITH next AS MATERIALIZED (
      SELECT ${BUCKET_OF_EVENT} AS bucket, e.seq <= ${erasure.seq} AS known,
        ${isOwn(erasure)} OR ${namesBeside(erasure)} AS erased
      FROM events AS e WHERE ${rangeSql(organizationId, erasure.bucket, to)} ORDER BY e.timestamp LIMIT ${most}
    )
    SELECT bucket, CAST(total(erased) AS INTEGER) AS erased, sum(known) AS known, count(*) AS events FROM next GROUP BY bucket ORDER BY bucket`;
}

/** Selects the next buckets of each meter that have rollups of the customer, by either key. */
function selectMeters(organizationId: string, erasure: Erasure, most: number) {
  return sql<MeterFound>`
    SELECT * FROM (
      SELECT m.id, m.aggregation ->> '$.func' AS func, m.definition_version, m.filter, m.aggregation, m.dimensions, (
        SELECT json_group_array(bucket) FROM (
          SELECT r.bucket FROM meter_rollups AS r WHERE r.meter_id = m.id AND r.customer = own.value
            AND r.bucket > ${erasure.bucket} ORDER BY r.bucket LIMIT ${most}
        )
      ) AS buckets
      FROM meters AS m CROSS JOIN json_each(${customerKeys(erasure)}) AS own WHERE m.organization_id = ${organizationId}
    ) WHERE buckets <> '[]'`;
}

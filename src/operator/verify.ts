import { type SQL, sql } from "drizzle-orm";
import { InvalidFields } from "../errors.ts";
import type { Budget } from "../jobs/budget.ts";
import { type Difference, isState, type Verified, verifyStep, type VerifyState } from "../engine/upkeep/verify.ts";
import { heldUnits } from "../engine/reading/held.ts";
import type { Store } from "../store/store.ts";

/** The result of a part of a verification, and the state to continue with; null when all meters are done. */
export type VerifyProgress = {
  state: VerifyState | null;
  meters: number;
  compared: number;
  different: number;
  repaired: number;
  /** The first differences. */
  examples: ({ meter_id: string } & Difference)[];
};

/** The maximum number of differences that are listed. */
const MAX_EXAMPLES = 20;

/**
 * Continues to compare the rollups of an organization's meters with its events, one meter after the other; before the first
 * one, the held units with the open holds, and the thresholds with the alerts, which are not repaired.
 * @param state the state that the previous part returned; null to begin with the first meter
 * @param isRepair whether to replace rows that differ
 * @throws InvalidFields at `state` when no part returns such a one
 */
export async function goOnVerifying(
  opened: Store,
  state: VerifyState | null,
  isRepair: boolean,
  budget: Budget,
): Promise<VerifyProgress> {
  if (state !== null && !isState(state)) {
    const msg = "This is not the state of the previous part.";
    throw new InvalidFields([{ type: "value_error", field: ["state"], msg }]);
  }
  const store = budget.counted(opened);
  const progress: VerifyProgress = { state, meters: 0, compared: 0, different: 0, repaired: 0, examples: [] };
  if (state === null) await compareDerived(store, budget.now(), progress);
  progress.state ??= await nextMeter(store, "");
  while (progress.state !== null && budget.mayGoOn()) {
    add(progress, progress.state.meter, await verifyStep(store, progress.state, isRepair));
    if (progress.state.phase !== "done") continue;
    progress.meters++;
    progress.state = await nextMeter(store, progress.state.meter);
  }
  return progress;
}

/** An open hold counts for at most a day, so that later ones are few, however many there have been. */
const LONGEST_HOLD = 86_400_000;

/** What follows from other rows of a customer and a meter: whether it is as they say. */
type Derived = { meter_id: string; customer: string; value: string; is_right: number };

/** Compares what follows from rows of holds and alerts; a repair leaves it as it is. */
async function compareDerived(store: Store, now: number, progress: VerifyProgress): Promise<void> {
  const { organizationId } = store;
  const derived = (await store.read([selectHeld(organizationId, now), selectThresholds(organizationId)])).flat();
  const wrong = derived.filter(({ is_right }) => is_right === 0);
  progress.compared += derived.length;
  progress.different += wrong.length;
  const shown = wrong.slice(0, MAX_EXAMPLES);
  progress.examples.push(...shown.map(({ meter_id, customer, value }) => ({ meter_id, customer, value, bucket: 0 })));
}

/** Compares what balances say is held with the rows of open holds, and finds those whose customer or meter is gone. */
function selectHeld(organizationId: string, now: number): SQL<Derived> {
  const held = heldUnits({ customer_id: sql`open.customer_id`, meter_id: sql`open.meter_id` }, now);
  const isThere = sql`EXISTS (SELECT 1 FROM customers AS c WHERE c.id = open.customer_id AND c.deleted_at IS NULL)
    AND EXISTS (SELECT 1 FROM meters AS m WHERE m.id = open.meter_id)`;
  // The plus keeps SQLite from the index by which balances are read.
  return sql`
    WITH open AS (
      SELECT customer_id, meter_id, total(units) AS units FROM holds
      WHERE organization_id = ${organizationId} AND created_at > ${now - LONGEST_HOLD}
        AND +status = 'open' AND expires_at > ${now} GROUP BY 1, 2
    )
    SELECT meter_id, 'id:' || customer_id AS customer, 'held' AS value,
      ${isThere} AND abs(units - ${held}) <= 1e-9 * units AS is_right FROM open ORDER BY 1, 2`;
}

/** Compares the thresholds by which alerts are evaluated with those of the enabled alerts. */
function selectThresholds(organizationId: string): SQL<Derived> {
  return sql`
    WITH thresholds (meter_id, customer_id, basis, level, alert_id) AS (
      SELECT a.meter_id, coalesce(a.customer_id, ''), a.basis, iif(a.basis = 'balance', -t.value, t.value), a.id
      FROM alerts AS a CROSS JOIN json_each(a.thresholds) AS t WHERE a.organization_id = ${organizationId} AND a.enabled = 1
      UNION ALL
      SELECT t.meter_id, t.customer_id, t.basis, t.level, t.alert_id
      FROM meters AS m CROSS JOIN alert_thresholds AS t ON t.meter_id = m.id WHERE m.organization_id = ${organizationId}
    )
    SELECT meter_id, iif(customer_id = '', '', 'id:' || customer_id) AS customer, 'threshold' AS value, count(*) = 2 AS is_right
    FROM thresholds GROUP BY meter_id, customer_id, basis, level, alert_id`;
}

function add(progress: VerifyProgress, meter_id: string, { compared, different, repaired }: Verified): void {
  progress.compared += compared;
  progress.different += different.length;
  progress.repaired += repaired;
  const shown = different.slice(0, MAX_EXAMPLES - progress.examples.length);
  progress.examples.push(...shown.map((difference) => ({ meter_id, ...difference })));
}

async function nextMeter(store: Store, after: string): Promise<VerifyState | null> {
  const [[next]] = await store.read([
    sql<{ id: string }>`SELECT id FROM meters WHERE organization_id = ${store.organizationId} AND id > ${after}
      ORDER BY id LIMIT 1`,
  ]);
  return next === undefined ? null : { meter: next.id, phase: "build", list: 0, after: null };
}

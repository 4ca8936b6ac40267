import { sql } from "drizzle-orm";
import type { Budget } from "../jobs/budget.ts";
import { type Verified, verifyStep, type VerifyState } from "../engine/upkeep/verify.ts";
import type { Store } from "../store/store.ts";

/** A row that differs from the stored events. */
type Difference = { meter_id: string; customer: string; bucket: number; value?: string | undefined };

/** The result of a part of a verification, and the state to continue with; null when all meters are done. */
export type VerifyProgress = {
  state: VerifyState | null;
  meters: number;
  compared: number;
  different: number;
  repaired: number;
  /** The first differences. */
  examples: Difference[];
};

/** The maximum number of differences that are listed. */
const MAX_EXAMPLES = 20;

/**
 * Continues to compare the rollups of an organization's meters with its events, one meter after the other.
 * @param state the state that the previous part returned; null to begin with the first meter
 * @param isRepair whether to replace rows that differ
 */
export async function goOnVerifying(
  opened: Store,
  state: VerifyState | null,
  isRepair: boolean,
  budget: Budget,
): Promise<VerifyProgress> {
  const store = budget.counted(opened);
  const progress: VerifyProgress = { state, meters: 0, compared: 0, different: 0, repaired: 0, examples: [] };
  progress.state ??= await nextMeter(store, "");
  while (progress.state !== null && budget.mayGoOn()) {
    add(progress, progress.state.meter, await verifyStep(store, progress.state, isRepair));
    if (progress.state.phase !== "done") continue;
    progress.meters++;
    progress.state = await nextMeter(store, progress.state.meter);
  }
  return progress;
}

function add(progress: VerifyProgress, meter_id: string, { compared, different, repaired }: Verified): void {
  progress.compared += compared;
  progress.different += different.length;
  progress.repaired += repaired;
  const shown = different.slice(0, MAX_EXAMPLES - progress.examples.length);
  progress.examples.push(...shown.map(([customer, bucket, value]) => ({ meter_id, customer, bucket, value })));
}

async function nextMeter(store: Store, after: string): Promise<VerifyState | null> {
  const [[next]] = await store.read([
    sql<{ id: string }>`SELECT id FROM meters WHERE organization_id = ${store.organizationId} AND id > ${after}
      ORDER BY id LIMIT 1`,
  ]);
  return next === undefined ? null : { meter: next.id, phase: "build", list: 0, after: null };
}

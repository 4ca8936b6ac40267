import { sql } from "drizzle-orm";
import { Conflict } from "../errors.ts";
import type { Budget } from "../jobs/budget.ts";
import type { Store } from "../store/store.ts";
import type { Move } from "./move.ts";
import { deleteOfMeters, deleteSome, meterIds, partsOfOrganization } from "./parts.ts";
import { changeRefusal, endRefusal, refusalOf } from "./move-refusals.ts";

/** The number of meters whose rows are deleted together. */
const GROUP = 50;

/**
 * Continues to cancel a move: deletes what was copied, then accepts writes again.
 * @returns whether it is done
 * @throws Conflict after the switch
 */
export async function goOnCancelling({ from: opened, to }: Move, budget: Budget): Promise<boolean> {
  const from = budget.counted(opened);
  // From here on the move can neither copy nor switch.
  await from.write([changeRefusal(from, "moving", "cancelling")]);
  if ((await refusalOf(from))?.reason === "moved")
    throw new Conflict("The organization has moved: that can't be cancelled.");
  await to.write([changeRefusal(to, "arriving", "cancelling")]);
  // Otherwise the data in the object is not a copy of this move.
  if ((await refusalOf(to))?.reason === "cancelling" && !(await goOnDeleting(to, await meterIds(from), budget)))
    return false;
  await to.write([endRefusal(to, "cancelling")]);
  await from.write([endRefusal(from, "cancelling")]);
  return true;
}

/**
 * Continues to delete the rows that an organization left in D1.
 * @returns whether it is done
 * @throws Conflict before the switch
 */
export async function goOnDeletingOld(move: Move, budget: Budget): Promise<boolean> {
  const from = budget.counted(move.from);
  if ((await refusalOf(from))?.reason === "moved") return goOnDeleting(from, await meterIds(from), budget);
  throw new Conflict("The organization has not moved: its rows in D1 are the only ones.");
}

/** Deletes every row of an organization in a store, except the one that refuses its writes. */
async function goOnDeleting(store: Store, meters: string[], budget: Budget): Promise<boolean> {
  for (let at = 0; at < meters.length; at += GROUP) {
    const group = meters.slice(at, at + GROUP);
    if (!(await untilEmpty(store, deleteOfMeters(group), budget))) return false;
    await store.write([sql`DELETE FROM meters WHERE id IN (SELECT value FROM json_each(${JSON.stringify(group)}))`]);
  }
  for (const part of partsOfOrganization(store.organizationId)) {
    if (!(await untilEmpty(store, [deleteSome(part)], budget))) return false;
  }
  return true;
}

async function untilEmpty(store: Store, statements: ReturnType<typeof deleteSome>[], budget: Budget): Promise<boolean> {
  for (;;) {
    if (!budget.mayGoOn()) return false;
    const results = await store.write(statements);
    if (results.every(({ changes }) => changes === 0)) return true;
  }
}

import fc from "fast-check";
import { deleteCustomer } from "../../src/customers/delete.ts";
import { insertCustomer, writeCustomer } from "../../src/customers/write.ts";
import type { Store } from "../../src/store/store.ts";
import { customerRow } from "./customers.ts";
import type { ModelCustomer } from "./model.ts";

/** Three customers: when they are made, linked and deleted. */
export const customers = fc.record({
  externalIds: fc.shuffledSubarray(["c1", "c2", "", "ghost", null], { minLength: 3, maxLength: 3 }),
  /** Made after this batch; never, when there are not so many. */
  madeAfter: fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)),
  /** The external id is set only in the end. */
  areLinkedLater: fc.boolean(),
  /** Whether each is deleted in the end. */
  areDeleted: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
});
type Plan = typeof customers extends fc.Arbitrary<infer T> ? T : never;

/** Makes the customers that are planned after a batch. */
export async function makeCustomers(store: Store, plan: Plan, batch: number, ids: string[], known: ModelCustomer[]) {
  for (const [index, after] of plan.madeAfter.entries()) {
    if (after !== batch) continue;
    const [id, external_id] = [ids[index]!, plan.areLinkedLater ? null : plan.externalIds[index]!];
    const { taken } = await insertCustomer(store, customerRow(store.organizationId, id, external_id));
    if (taken.length > 0) throw new Error(`taken: ${taken.join()}`);
    known.push({ id, external_id: plan.externalIds[index]!, isDeleted: false });
  }
}

/** Links and deletes customers, after all events. */
export async function settleCustomers(store: Store, plan: Plan, known: ModelCustomer[]) {
  for (const [index, each] of known.entries()) {
    const { id, external_id } = each;
    if (plan.areLinkedLater) {
      const row = customerRow(store.organizationId, id, external_id);
      await writeCustomer(store, { ...row, external_id: null }, { external_id, version: 2, modified_at: 1 });
    }
    if (!plan.areDeleted[index]) continue;
    each.isDeleted = true;
    await deleteCustomer(store, { id }, false, 1);
  }
}

import { InvalidFields, type FieldProblem } from "../errors.ts";
import { changeVersion } from "../store/change-version.ts";
import type { Store } from "../store/store.ts";
import { fold } from "../wire/text.ts";
import { foldEmail } from "./email.ts";
import { type CustomerRef, type CustomerRow, findCustomer, type FoundCustomer } from "./queries.ts";
import type { CustomerUpdate } from "./schemas.ts";
import { takenProblems } from "./taken.ts";
import { findTaken, writeCustomer } from "./write.ts";

/**
 * Changes a customer: reads it, computes what it becomes, and writes that over the version that was read.
 * @param requireVersion checks the version that would be changed, and throws to stop the change
 * @param now milliseconds since 1970 UTC
 * @throws ResourceNotFound, InvalidFields, Conflict when other requests keep changing it
 */
export async function updateCustomer(
  store: Store,
  ref: CustomerRef,
  update: CustomerUpdate,
  requireVersion: (row: CustomerRow) => void,
  now: number,
): Promise<FoundCustomer> {
  return changeVersion("customer", async () => {
    const row = await findCustomer(store, ref);
    requireVersion(row);
    const changes = changesOf(row, update);
    const settled = isSettled(row, update) ? [settledProblem(update)] : [];
    if (Object.keys(changes).length === 0 && settled.length === 0) return row;
    const changed = { ...row, ...changes, modified_at: now, version: row.version + 1 };
    if (settled.length > 0) {
      const taken = await findTaken(store, { ...changed, external_id: row.external_id });
      throw new InvalidFields([...takenProblems(taken, changed), ...settled]);
    }
    const to = { ...changes, modified_at: now, version: row.version + 1 };
    const { taken, isWritten } = await writeCustomer(store, row, to);
    if (taken.length > 0) throw new InvalidFields(takenProblems(taken, changed));
    return isWritten ? changed : null;
  });
}

/** The columns that an update sets: those that it names, even if unchanged, but the e-mail address only if it differs. */
function changesOf(row: CustomerRow, { metadata, email, name, external_id }: CustomerUpdate): Partial<CustomerRow> {
  const changes: Partial<CustomerRow> = {};
  if (metadata !== undefined) changes.metadata = JSON.stringify(metadata);
  if (email != null && email !== row.email) Object.assign(changes, { email, email_folded: foldEmail(email) });
  if (name !== undefined) Object.assign(changes, { name, name_folded: name === null ? null : fold(name) });
  if (external_id !== undefined) {
    Object.assign(changes, { external_id, external_id_folded: external_id === null ? null : fold(external_id) });
  }
  return changes;
}

/** An external id can be set once. */
function isSettled(row: CustomerRow, { external_id }: CustomerUpdate): boolean {
  return external_id !== undefined && row.external_id !== null && external_id !== row.external_id;
}

function settledProblem({ external_id: input }: CustomerUpdate): FieldProblem {
  const msg = "This customer has another external_id, which cannot be changed or removed.";
  return { type: "value_error", field: ["external_id"], msg, input };
}

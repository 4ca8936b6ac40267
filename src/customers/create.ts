import { InvalidFields } from "../errors.ts";
import type { Idempotency } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import { parseJson } from "../wire/json.ts";
import { GAP, splitAtGaps, writeJson } from "../wire/json-text.ts";
import { fold } from "../wire/text.ts";
import { foldEmail } from "./email.ts";
import { presentCustomer } from "./present.ts";
import type { CustomerRow } from "./queries.ts";
import type { CustomerCreate } from "./schemas.ts";
import { takenProblems } from "./taken.ts";
import { insertCustomer, insertCustomerOnce } from "./write.ts";

/** The outcome of a creation: the customer as JSON, and when its first user event happened (milliseconds since 1970 UTC). */
type CreatedCustomer = { answer: string; firstUserEventAt: number | null; isReplayed: boolean };

/**
 * Creates a customer, or finds what its idempotency key created before.
 * @param now milliseconds since 1970 UTC
 * @returns exactly the first answer on a replay; null when the key was used for another request
 * @throws InvalidFields when another customer has the e-mail address or the external id
 */
export async function createCustomer(
  store: Store,
  customer: CustomerCreate,
  idempotency: Idempotency | null,
  now: number,
): Promise<CreatedCustomer | null> {
  const row = newCustomer(store.organizationId, customer, idempotency, now);
  if (idempotency === null) {
    const { taken, firstUserEventAt } = await insertCustomer(store, row);
    if (taken.length > 0) throw new InvalidFields(takenProblems(taken, row));
    const answer = writeJson(await presentCustomer(row, firstUserEventAt));
    return { answer, firstUserEventAt, isReplayed: false };
  }
  const [before = "", after = ""] = splitAtGaps(await presentCustomer(row, GAP));
  const { taken, stored } = await insertCustomerOnce(store, row, idempotency, [before, after]);
  // On a replay the values are taken by the customer that the first request created.
  if (stored === undefined) throw new InvalidFields(takenProblems(taken, row));
  if (stored.fingerprint !== idempotency.fingerprint) return null;
  const { first_user_event_at: first } = parseJson(stored.answer) as { first_user_event_at: string | null };
  const firstUserEventAt = first === null ? null : Date.parse(first);
  return { answer: stored.answer, firstUserEventAt, isReplayed: stored.is_own === 0 };
}

function newCustomer(
  organizationId: string,
  { external_id, email, name, metadata }: CustomerCreate,
  idempotency: Idempotency | null,
  now: number,
): CustomerRow {
  return {
    id: crypto.randomUUID(),
    organization_id: organizationId,
    external_id,
    external_id_folded: external_id === null ? null : fold(external_id),
    email,
    email_folded: foldEmail(email),
    name,
    name_folded: name === null ? null : fold(name),
    metadata: JSON.stringify(metadata),
    idempotency_key: idempotency?.key ?? null,
    created_at: now,
    modified_at: null,
    deleted_at: null,
    version: 1,
    generation: null,
    deleted_seq: null,
    erased_bucket: null,
    erased_seq: null,
    erase_remaining: null,
  };
}

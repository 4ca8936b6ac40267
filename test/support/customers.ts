import type { CustomerRow } from "../../src/customers/queries.ts";
import { type Answer, call, grant } from "./api.ts";

/** The smallest body that makes a customer. */
export const CUSTOMER = { email: "ada@example.com" };

/** A token, and what the tests of customers do with it. */
export async function setUpCustomers() {
  const token = await grant();
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    call("POST", "/v1/customers/", { token, body, headers });
  const create = async (body: object = {}) => {
    const answer = await post({ ...CUSTOMER, ...body });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.json;
  };
  const get = (id: string) => call("GET", `/v1/customers/${id}`, { token });
  const getExternal = (id: string) => call("GET", `/v1/customers/external/${encodeURIComponent(id)}`, { token });
  const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
    call("PATCH", `/v1/customers/${id}`, { token, body, headers });
  const remove = (id: string, query = "") => call("DELETE", `/v1/customers/${id}${query}`, { token });
  const list = (query = "") => call("GET", `/v1/customers/${query}`, { token });
  const ingest = (...events: object[]) => call("POST", "/v1/events/ingest", { token, body: { events } });
  return { token, post, create, get, getExternal, patch, remove, list, ingest };
}

/** A customer as it is stored. */
export const customerRow = (organization_id: string, id: string, external_id: string | null): CustomerRow => ({
  id,
  organization_id,
  external_id,
  external_id_folded: external_id,
  email: `${id}@example.com`,
  email_folded: `${id}@example.com`,
  name: null,
  name_folded: null,
  metadata: "{}",
  idempotency_key: null,
  created_at: 0,
  modified_at: null,
  deleted_at: null,
  version: 1,
  generation: null,
  deleted_seq: null,
  erased_bucket: null,
  erased_seq: null,
  erase_remaining: null,
});

/** The names on a page, in order. */
export const namesOf = (answer: Answer): (string | null)[] => answer.json.items.map(({ name }: any) => name);

import { type Answer, call, grant } from "./api.ts";
import { clauses } from "./metering.ts";

/** The filter of events named use. */
const USE = clauses({ property: "name", operator: "eq", value: "use" });

/** An aggregation of `v`. */
const of = (func: string) => (func === "count" ? { func } : { func, property: "v" });

/** A token, and what the tests of balances do with it. */
export async function setUpBalances() {
  const token = await grant();
  const post = async (path: string, body: object) => {
    const answer = await call("POST", path, { token, body });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return answer.json;
  };
  /** Makes a meter with a function of `v`; its name is the function unless another is given. */
  const meter = (func = "sum", name = `m_${func}`) => post("/v1/meters/", { name, filter: USE, aggregation: of(func) });
  const customer = (external_id: string | null = "c1", name: string | null = "Ada") =>
    post("/v1/customers/", {
      email: `${encodeURIComponent(external_id ?? crypto.randomUUID())}@example.com`,
      external_id,
      name,
    });
  /** Ingests one event for each number, for the customer with an external id. */
  const use = (external_customer_id: string, ...numbers: unknown[]) =>
    post("/v1/events/ingest", {
      events: numbers.map((v) => ({ name: "use", external_customer_id, metadata: { v } })),
    });
  const ingest = (...events: object[]) => post("/v1/events/ingest", { events });
  const credit = (body: object, headers: Record<string, string> = {}) =>
    call("POST", "/v1/customer-meters/credits", { token, body, headers });
  const reset = (body: object, headers: Record<string, string> = {}) =>
    call("POST", "/v1/customer-meters/resets", { token, body, headers });
  const list = (query = "") => call("GET", `/v1/customer-meters/${query}`, { token });
  const get = (id: string) => call("GET", `/v1/customer-meters/${id}`, { token });
  const state = (id: string) => call("GET", `/v1/customers/${id}/state`, { token });
  const archive = (id: string, is_archived = true) =>
    call("PATCH", `/v1/meters/${id}`, { token, body: { is_archived } });
  /** The platform's events, the oldest first. */
  const systemEvents = async () =>
    (await call("GET", "/v1/events/?source=system&sorting=timestamp&limit=100", { token })).json.items;
  return { token, meter, customer, use, ingest, credit, reset, list, get, state, archive, systemEvents };
}

/** Consumed and credited units and the balance. */
export const unitsOf = ({ consumed_units, credited_units, balance }: any) => [consumed_units, credited_units, balance];

/** The names of customer and meter of each row, in order. */
export const rowsOf = (answer: Answer): string[] =>
  answer.json.items.map(({ customer, meter }: any) => `${customer.name} ${meter.name}`);

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
  const consume = (body: object, options: object = {}) =>
    call("POST", "/v1/customer-meters/consume", { token, body, ...options });
  const check = (query: Record<string, string>) =>
    call("GET", `/v1/customer-meters/check?${new URLSearchParams(query).toString()}`, { token });
  const hold = (body: object, headers: Record<string, string> = {}, options: object = {}) =>
    call("POST", "/v1/customer-meters/holds", { token, body, headers, ...options });
  const settle = (id: string, event: object, options: object = {}) =>
    call("POST", `/v1/customer-meters/holds/${id}/settle`, { token, body: { event }, ...options });
  const release = (id: string) => call("POST", `/v1/customer-meters/holds/${id}/release`, { token });
  const list = (query = "") => call("GET", `/v1/customer-meters/${query}`, { token });
  const get = (id: string) => call("GET", `/v1/customer-meters/${id}`, { token });
  const state = (id: string) => call("GET", `/v1/customers/${id}/state`, { token });
  const archive = (id: string, is_archived = true) =>
    call("PATCH", `/v1/meters/${id}`, { token, body: { is_archived } });
  /** The platform's events, the oldest first. */
  const systemEvents = async () =>
    (await call("GET", "/v1/events/?source=system&sorting=timestamp&limit=100", { token })).json.items;
  return {
    token,
    meter,
    customer,
    use,
    ingest,
    credit,
    reset,
    consume,
    check,
    hold,
    settle,
    release,
    list,
    get,
    state,
    archive,
    systemEvents,
  };
}

/** A meter, a customer with some credit on it, and how requests name both. */
export async function setUpPair(units = 100, func = "sum") {
  const set = await setUpBalances();
  const { id: meter_id } = await set.meter(func);
  const { id: customer_id } = await set.customer();
  const pair = { external_customer_id: "c1", meter_id };
  if (units > 0) await set.credit({ ...pair, units });
  const balance = async () => (await set.list()).json.items[0];
  /** Names, customers and numbers of the callers' events, the oldest first. */
  const events = async (): Promise<any[]> =>
    (await call("GET", "/v1/events/?source=user&sorting=timestamp&limit=100", { token: set.token })).json.items;
  return { ...set, pair, meter_id, customer_id, balance, events };
}

/** An event that the meters of setUpBalances count. */
export const used = (v: unknown, more: object = {}) => ({ name: "use", metadata: { v }, ...more });

/** Consumed and credited units and the balance. */
export const unitsOf = ({ consumed_units, credited_units, balance }: any) => [consumed_units, credited_units, balance];

/** The names of customer and meter of each row, in order. */
export const rowsOf = (answer: Answer): string[] =>
  answer.json.items.map(({ customer, meter }: any) => `${customer.name} ${meter.name}`);

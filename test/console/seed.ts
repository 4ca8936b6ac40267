import type { Organization } from "../sdk/local.ts";

const DAY = 86_400_000;
/** Texts that do harm where they are taken for markup, or break a layout. */
export const HOSTILE = ["<img src=x onerror=alert(1)>", "شركة الاختبار", "🚀 Büro \u202Etxet", "m".repeat(128)];
const MODELS = ["haiku", "sonnet", "opus"];
const REGIONS = ["eu-west", "us-east"];

/** Sends a request with an organization's token, and returns the answer's JSON. */
export function sender({ url, token }: Organization) {
  return async (method: string, path: string, body?: object): Promise<any> => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const response = await fetch(`${url}/v1/${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
}

const named = (value: string) => ({ conjunction: "and", clauses: [{ property: "name", operator: "eq", value }] });

/**
 * Fills an organization: meters of several functions, customers with credits, 40 days of events.
 * @param others the names of further customers; by default hostile ones
 */
export async function seed(organization: Organization, others = HOSTILE) {
  const send = sender(organization);
  const create = async (body: object): Promise<string> => (await send("POST", "meters/", body)).id;
  const tokens = await create({
    name: "AI tokens",
    unit: "token",
    filter: named("ai_usage"),
    aggregation: { func: "sum", property: "total_tokens" },
  });
  const calls = await create({ name: "API calls", filter: named("api_call"), aggregation: { func: "count" } });
  const latency = await create({
    name: "Slowest answer",
    unit: "custom",
    custom_label: "ms",
    filter: { conjunction: "or", clauses: [named("api_call"), named("ai_usage")] },
    aggregation: { func: "max", property: "latency" },
  });
  const customers: string[] = [];
  for (const [at, name] of ["Ada Lovelace", "Grace Hopper", ...others].entries()) {
    const body = { name, email: `customer-${at}@example.com`, external_id: `customer-${at}` };
    customers.push((await send("POST", "customers/", body)).id);
  }
  const now = Date.now();
  const events = Array.from({ length: 1200 }, (_, at) => ({
    name: at % 3 === 0 ? "ai_usage" : "api_call",
    external_customer_id: `customer-${at % 5}`,
    external_id: `event-${at}`,
    timestamp: new Date(now - Math.floor((at * at * 40 * DAY) / (1200 * 1200)) - 60_000).toISOString(),
    metadata: {
      model: MODELS[at % MODELS.length],
      region: REGIONS[at % REGIONS.length],
      total_tokens: 100 + ((at * 7919) % 4000),
      latency: 20 + ((at * 104_729) % 900),
    },
  }));
  await send("POST", "events/ingest", { events });
  await send("POST", "customer-meters/credits", { customer_id: customers[0], meter_id: tokens, units: 400_000 });
  await send("POST", "customer-meters/credits", { customer_id: customers[1], meter_id: tokens, units: 1000 });
  return { tokens, calls, latency, customers, send };
}

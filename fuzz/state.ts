import { OPERATIONS } from "../test/support/document.ts";
import type { Server } from "./server.ts";
import { type Request, request } from "./types.ts";

/** How much of each kind is stored before a run. */
const SMALL_EVENTS = 2000;
const CUSTOMERS = 20;
const TOKENS = 20;
const LARGE = { events: 80, meters: 60, characters: 870_000 };
const FILTER = { conjunction: "and", clauses: [] };

/**
 * Stores what the run reads: in the first organization much that is small and some that is large,
 * in the second mostly what is large.
 * @throws an error when something is refused that every version has to take
 */
export async function prepare(server: Server): Promise<void> {
  await required(server, request("POST", "/v1/events/ingest", { json: { events: smallEvents() } }));
  for (const { method, path, operation } of OPERATIONS) {
    const example = operation.requestBody?.content["application/json"].example as object | undefined;
    if (example === undefined || method !== "POST" || !path.endsWith("/")) continue;
    await required(server, request(method, path, { json: example }));
  }
  for (const func of ["sum", "max", "avg", "unique"]) {
    await required(
      server,
      request("POST", "/v1/meters/", {
        json: { name: `all ${func}`, filter: FILTER, aggregation: { func, property: "k" } },
      }),
    );
  }
  for (let at = 0; at < CUSTOMERS; at++) {
    const json = { email: `customer-${at}@example.com`, external_id: `customer ${at}`, name: `Customer ${at}` };
    await required(server, request("POST", "/v1/customers/", { json }));
  }
  for (let at = 0; at < TOKENS; at++) {
    const json = { comment: `token ${at}`, scopes: ["meters:read"] };
    await required(server, request("POST", "/v1/organization-access-tokens/", { json }));
  }
  // A later version may refuse something this large: then there is less to read.
  await server.send(largeEvents("first", 0, 5));
  for (let at = 0; at < LARGE.events; at += 8) await server.send(largeEvents("second", at, 8));
  for (let at = 0; at < LARGE.meters; at++) await server.send(largeMeter(at));
  await readIds(server);
}

async function required(server: Server, each: Request): Promise<void> {
  const { status, text } = await server.send(each);
  if (status >= 300) throw new Error(`${each.method} ${each.path} is answered ${status}: ${text.slice(0, 1000)}`);
}

function smallEvents(): object[] {
  const start = Date.parse("2026-01-01T00:00:00Z");
  return Array.from({ length: SMALL_EVENTS }, (_, at) => ({
    name: ["ai_usage", "a", "b"][at % 3],
    timestamp: new Date(start + at * 600_000).toISOString(),
    external_customer_id: `customer ${at % 50}`,
    external_id: `small ${at}`,
    metadata: { k: at % 17, total_tokens: at, model: "large", _cost: { amount: "0.01", currency: "usd" } },
  }));
}

function largeEvents(as: "first" | "second", from: number, count: number): Request {
  const events = Array.from({ length: count }, (_, at) => ({
    name: "large",
    timestamp: "2026-01-02T00:00:00Z",
    external_customer_id: "large",
    external_id: `large ${from + at}`,
    metadata: {
      k: at,
      _llm: {
        vendor: "v",
        model: "m",
        input_tokens: 1,
        output_tokens: 1,
        total_tokens: 2,
        prompt: "x".repeat(LARGE.characters),
      },
    },
  }));
  return request("POST", "/v1/events/ingest", { as, json: { events } });
}

function largeMeter(at: number): Request {
  const label = "l".repeat(LARGE.characters);
  const meter = {
    name: `large ${at}`,
    unit: "custom",
    custom_label: label,
    filter: FILTER,
    aggregation: { func: "count" },
  };
  return request("POST", "/v1/meters/", { as: "second", json: meter });
}

/** Collects the ids of what each list shows, by the name of its collection; not of the tokens with which requests come. */
async function readIds(server: Server): Promise<void> {
  for (const { method, path } of OPERATIONS) {
    if (method !== "GET" || !path.endsWith("/")) continue;
    const { status, text } = await server.send(request("GET", `${path}?limit=100`));
    if (status !== 200) throw new Error(`GET ${path} is answered ${status}: ${text.slice(0, 1000)}`);
    server.ids[path.split("/")[2]!] = JSON.parse(text).items.flatMap(
      ({ id, comment }: { id?: string; comment?: string }) =>
        id === undefined || comment?.startsWith("local ") === true ? [] : id,
    );
  }
}

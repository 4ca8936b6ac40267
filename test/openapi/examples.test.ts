import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import type { OpenStore } from "../../src/store/store.ts";
import { customerMeterId } from "../../src/engine/reading/customer-meter-id.ts";
import { newToken } from "../../src/auth/token.ts";
import { call, grant, NOBODY, ORGANIZATION } from "../support/api.ts";
import { OPERATIONS } from "../support/document.ts";
import { conflicting, failing, stalling, undoing } from "../support/stores.ts";

const FILTER = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "ai_usage" }] };
const AGGREGATION = { func: "sum", property: "total_tokens" };
const RANGE = { start_timestamp: "2026-01-01T00:00:00Z", end_timestamp: "2026-01-03T00:00:00Z", interval: "day" };
const METER = { name: "AI tokens", filter: FILTER, aggregation: AGGREGATION };
const EVENT = {
  name: "ai_usage",
  timestamp: "2026-01-01T12:00:00Z",
  external_customer_id: "customer-1",
  external_id: "request-8a1f",
  metadata: { model: "large", total_tokens: 42, _cost: { amount: "0.0021", currency: "usd" } },
};
const CUSTOMER = { email: "ada@example.com", name: "Ada", external_id: "customer-1", metadata: { plan: "pro" } };

/** The ids that the document's examples show instead of those of the test run. */
const METER_ID = "1b671a64-40d5-491e-99b0-da01ff1f3341";
const EVENT_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const CUSTOMER_ID = "9b2d8c1e-5f30-4a7b-8c46-1d2e3f405162";
const CUSTOMER_METER_ID = customerMeterId(CUSTOMER_ID, METER_ID);
const TOKEN_ID = "5f0c1e0e-2c4b-4d0a-9a37-6d7c5b9f5f0a";
/** The id of the token of the requests. */
const CALLER_ID = "3e8f2f0a-51c7-4d7e-9f0b-6a1f2c3d4e5f";
const TOKEN = { comment: "ingestion", scopes: ["events:write"], expires_in: "P90D" };
const PAIR = { external_customer_id: "customer-1", meter_id: METER_ID };

type Request = { query?: object; body?: object; bad: Asked };

/** A valid request of each operation, and what makes it invalid. */
const REQUESTS: Record<string, Request> = {
  "meters:list": { query: { sorting: "name" }, bad: { query: { sorting: "size" } } },
  "meters:create": { body: METER, bad: { body: { ...METER, name: "AI" } } },
  "meters:preview": {
    body: { filter: FILTER, aggregation: AGGREGATION, ...RANGE },
    bad: { body: { filter: FILTER, aggregation: { func: "sum" }, ...RANGE } },
  },
  "meters:get": { bad: { id: "x" } },
  "meters:update": { body: { name: "Tokens of all models" }, bad: { body: { unit: "custom" } } },
  "meters:quantities": { query: RANGE, bad: { query: { ...RANGE, timezone: "+02:00" } } },
  "events:list": { query: { name: "ai_usage" }, bad: { query: { filter: "{" } } },
  "events:ingest": { body: { events: [EVENT] }, bad: { body: { events: [{ ...EVENT, timestamp: "2026-01-01" }] } } },
  "events:list_names": { query: { sorting: "-occurrences" }, bad: { query: { limit: "0" } } },
  "events:get": { bad: { id: "x" } },
  "customers:list": { query: { query: "ada" }, bad: { query: { sorting: "size" } } },
  "customers:create": {
    body: { ...CUSTOMER, external_id: "customer-7", email: "grace@example.com" },
    bad: { body: { email: "ada" } },
  },
  "customers:get": { bad: { id: "x" } },
  "customers:update": { body: { name: "Ada L." }, bad: { body: { external_id: "customer-2" } } },
  "customers:delete": { bad: { query: { anonymize: "maybe" } } },
  "customers:get_external": { bad: { id: "%ff" } },
  "customers:update_external": { body: { metadata: { plan: "free" } }, bad: { body: { email: "ada" } } },
  "customers:delete_external": { bad: { query: { anonymize: "maybe" } } },
  "customers:get_state": { bad: { id: "x" } },
  "customers:get_state_external": { bad: { id: "%ff" } },
  "customer_meters:list": { query: { sorting: "balance" }, bad: { query: { sorting: "size" } } },
  "customer_meters:get": { bad: { id: "x" } },
  "customer_meters:credit": {
    body: { ...PAIR, units: 1000, metadata: { order: "A-17" } },
    bad: { body: { ...PAIR, units: 0 } },
  },
  "organization_access_tokens:list": { query: { sorting: "created_at" }, bad: { query: { sorting: "size" } } },
  "organization_access_tokens:create": { body: TOKEN, bad: { body: { ...TOKEN, scopes: ["events:fly"] } } },
  "organization_access_tokens:update": { body: { comment: "ingestion, region 2" }, bad: { body: { scopes: [] } } },
  "organization_access_tokens:delete": { bad: { query: { force: "maybe" } } },
  "organization_access_tokens:rotate": { body: { grace_period: "PT12H" }, bad: { body: { grace_period: "soon" } } },
  "customer_meters:reset": { body: { ...PAIR, rollover: true }, bad: { body: { meter_id: METER_ID } } },
};

type Asked = {
  id?: string;
  query?: object;
  body?: unknown;
  token?: string | null;
  headers?: Record<string, string>;
  open?: OpenStore;
  bindings?: object;
};

/** The times that the document's examples show of tokens: KV takes no expiration in the past, so they are made in real time. */
const TOKEN_TIMES: Record<string, string> = {
  created_at: "2026-01-31T12:00:00.000Z",
  modified_at: "2026-01-31T12:00:00.000Z",
  expires_at: "2026-05-01T12:00:00.000Z",
  last_used_at: "2026-01-31T00:00:00.000Z",
};
const TOKEN_TIME = new RegExp(`"(${Object.keys(TOKEN_TIMES).join("|")})":"[^"]+"`, "g");

/** A body with the id of a meter of the test run in the place of the document's. */
function withMeter<T>(body: T, id: string): T {
  return body === undefined ? body : JSON.parse(JSON.stringify(body).replaceAll(METER_ID, id));
}

/** The answers of an operation to valid and invalid requests and while its dependencies fail: by status, then by request. */
async function record(operationId: string, method: string, path: string): Promise<Record<string, object>> {
  const { query, bad, ...of } = REQUESTS[operationId]!;
  const organization = crypto.randomUUID();
  const token = await grant({ organization_id: organization, id: CALLER_ID, comment: "first" });
  const { json: meter } = await call("POST", "/v1/meters/", { token, body: METER });
  if (operationId !== "events:ingest") await call("POST", "/v1/events/ingest", { token, body: { events: [EVENT] } });
  const [event] = (await call("GET", "/v1/events/", { token })).json.items;
  const { json: customer } = await call("POST", "/v1/customers/", { token, body: CUSTOMER });
  const pair = customerMeterId(customer.id, meter.id);
  const makeToken = async (): Promise<string> => {
    const { json } = await call("POST", "/v1/organization-access-tokens/", { token, body: TOKEN });
    return json.organization_access_token.id;
  };
  const isOfTokens = operationId.startsWith("organization_access_tokens:");
  const other = isOfTokens ? await makeToken() : undefined;
  const own: Record<string, string> = {
    meters: meter.id,
    events: event?.id,
    customers: customer.id,
    customer_meters: pair,
    organization_access_tokens: other!,
  };
  const body = withMeter(of.body, meter.id);
  const answers: [status: number, title: string, body: any][] = [];
  const ask = async (
    title: string,
    { id = path.includes("external") ? "customer-1" : own[operationId.split(":")[0]!]!, ...asked }: Asked = {},
  ) => {
    const search = new URLSearchParams({ ...query, ...asked.query } as Record<string, string>).toString();
    const target = `${path.replace(/\{\w+\}/, id)}${search && `?${search}`}`;
    const { status, json } = await call(method, target, { token, body, ...asked });
    answers.push([status, title, json ?? null]);
    return json;
  };
  const good = await ask("a valid request");
  if (operationId === "events:ingest") {
    await ask("with Prefer: return=representation", { headers: { Prefer: "return=representation" } });
  }
  if (operationId === "meters:get") await ask("the current version", { headers: { "If-None-Match": '"1"' } });
  if (/^organization_access_tokens:(update|delete)$/.test(operationId)) {
    await ask("the last one that may change tokens", { id: CALLER_ID, body: { scopes: ["meters:read"] } });
  }
  if (isOfTokens && method !== "GET") {
    await ask("others keep changing it", { id: method === "DELETE" ? await makeToken() : other!, open: conflicting() });
  }
  if (/^(meters|customers):update/.test(operationId)) {
    await ask("an outdated version", { headers: { "If-Match": '"1"' } });
    const another = operationId === "meters:update" ? { name: "Tokens" } : { name: "Ada" };
    await ask("others keep changing it", { body: another, open: conflicting() });
  }
  if (/^customer_meters:(credit|reset)$/.test(operationId)) {
    await ask("others keep changing it", { open: conflicting() });
  }
  if (operationId.startsWith("customers:delete")) {
    const { json: second } = await call("POST", "/v1/customers/", { token, body: CUSTOMER });
    const named = path.includes("external") ? {} : { id: second.id };
    await ask("events are still to be erased", { ...named, query: { events: "true" }, open: stalling() });
  }
  await ask("no token", { token: null });
  await ask("an unknown token", { token: newToken() });
  await ask("a token without the scope", { token: await grant({ scopes: [] }) });
  await ask("an invalid request", { ...bad, ...(bad.body !== undefined && { body: withMeter(bad.body, meter.id) }) });
  if (path.includes("{")) await ask("an unknown id", { id: NOBODY });
  if (body !== undefined) {
    await ask("a body that is not UTF-8", { body: new Uint8Array([0xff]) });
    await ask("a body that is too large", { body: "x".repeat(9_000_000) });
    await ask("a body that is not JSON", { headers: { "Content-Type": "text/csv" } });
  }
  vi.spyOn(env.TOKENS, "get").mockRejectedValueOnce(new Error("KV is unavailable"));
  // A token that this isolate has not seen before: the record of any other one is remembered.
  await ask("KV is unavailable", { token: await grant({ organization_id: organization }) });
  await ask("too many requests", { bindings: { RATE_LIMITER: { limit: async () => ({ success: false }) } } });
  const isWrite = ["meters:create", "meters:update", "events:ingest"].includes(operationId);
  if (isWrite) await ask("the storage is full", { open: undoing(() => true, new Error("SQLITE_FULL")) });
  await ask("a defect", { open: failing(new Error("a defect")) });
  vi.restoreAllMocks();
  const byStatus: Record<number, Record<string, unknown>> = {};
  for (const [status, title, json] of answers) byStatus[status] = { ...byStatus[status], [title]: json };
  const shown = [
    [organization, ORGANIZATION],
    [meter.id, METER_ID],
    [event?.id ?? answers[1]![2].events?.[0].id, EVENT_ID],
    [customer.id, CUSTOMER_ID],
    [pair, CUSTOMER_METER_ID],
    [other, TOKEN_ID],
    [good?.organization_access_token?.id, TOKEN_ID],
    [good?.token, "em_oat_00000000000000000000000000000000000003jnQlY"],
    [good?.id, operationId.startsWith("customers:") ? CUSTOMER_ID : METER_ID],
  ];
  const answered = JSON.stringify(byStatus);
  const text = isOfTokens
    ? answered.replaceAll(TOKEN_TIME, (_, name: string) => `"${name}":"${TOKEN_TIMES[name]}"`)
    : answered;
  return JSON.parse(shown.reduce((all, [id, instead]) => (id === undefined ? all : all.replaceAll(id, instead)), text));
}

describe("The examples of the API's document", () => {
  it("are what the Worker answers", async ({ expect }) => {
    const recorded: Record<string, object> = {};
    const ids = OPERATIONS.map(({ operation }) => operation.operationId);
    expect(Object.keys(REQUESTS).toSorted(), "a valid and an invalid request of each operation").toEqual(
      ids.toSorted(),
    );
    for (const { method, path, operation } of OPERATIONS) {
      const { operationId } = operation;
      if (operationId.startsWith("organization_access_tokens:")) vi.useRealTimers();
      else vi.setSystemTime("2026-01-31T12:00:00.000Z");
      const { body: request } = REQUESTS[operationId]!;
      recorded[operationId] = { request, answers: await record(operationId, method, path) };
    }
    // npm run openapi writes them, and the document with them.
    await expect(`${JSON.stringify(recorded, null, 2)}\n`).toMatchFileSnapshot("examples.json");
  });
});

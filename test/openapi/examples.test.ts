import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import document from "../../src/openapi.json";
import { type Answer, call, grant, NOBODY, ORGANIZATION } from "../support/api.ts";

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

/** The ids that the document's examples show instead of those of the run. */
const METER_ID = "1b671a64-40d5-491e-99b0-da01ff1f3341";
const EVENT_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

type Request = { query?: object; body?: object; bad: Asked };

/** A good request of each operation, and what makes it a bad one. */
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
};

type Asked = { id?: string; query?: object; body?: unknown; token?: string | null; headers?: Record<string, string> };

/** What an operation answers to good and bad requests and while its dependencies fail, by status. */
async function record(operationId: string, method: string, path: string): Promise<Record<string, unknown>> {
  const { query, body, bad } = REQUESTS[operationId]!;
  const organization = crypto.randomUUID();
  const token = await grant({ organization_id: organization });
  const { json: meter } = await call("POST", "/v1/meters/", { token, body: METER });
  if (operationId !== "events:ingest") await call("POST", "/v1/events/ingest", { token, body: { events: [EVENT] } });
  const [event] = (await call("GET", "/v1/events/", { token })).json.items;
  const ask = ({ id = operationId.startsWith("events:") ? event?.id : meter.id, ...of }: Asked = {}) => {
    const search = new URLSearchParams({ ...query, ...of.query } as Record<string, string>).toString();
    const target = `${path.replace("{id}", id)}${search && `?${search}`}`;
    return call(method.toUpperCase(), target, { token, body, ...of });
  };
  const answers: Answer[] = [];
  if (operationId === "meters:get") answers.push(await ask({ headers: { "If-None-Match": "*" } }));
  if (operationId === "meters:update") answers.push(await ask({ headers: { "If-Match": '"7"' } }));
  const good = await ask();
  answers.push(good, await ask({ token: null }), await ask({ token: await grant({ scopes: [] }) }), await ask(bad));
  if (path.includes("{id}")) answers.push(await ask({ id: NOBODY }));
  if (body !== undefined) {
    answers.push(await ask({ body: new Uint8Array([0xff]) }), await ask({ body: "x".repeat(9_000_000) }));
    answers.push(await ask({ headers: { "Content-Type": "text/csv" } }));
  }
  vi.spyOn(env.TOKENS, "get").mockRejectedValueOnce(new Error("KV is away"));
  answers.push(await ask());
  for (const access of ["batch", "prepare"] as const) {
    vi.spyOn(env.DB, access).mockImplementation(() => {
      throw new Error("a defect");
    });
  }
  answers.push(await ask());
  vi.restoreAllMocks();
  const text = JSON.stringify(Object.fromEntries(answers.map(({ status, json }) => [status, json ?? null])));
  const shown = [
    [organization, ORGANIZATION],
    [meter.id, METER_ID],
    [event?.id, EVENT_ID],
    [good.json.id, METER_ID],
  ];
  return JSON.parse(shown.reduce((all, [id, instead]) => (id === undefined ? all : all.replaceAll(id, instead)), text));
}

describe("The examples of the API's document", () => {
  it("are what the Worker answers", async ({ expect }) => {
    vi.setSystemTime("2026-01-31T12:00:00.000Z");
    const recorded: Record<string, object> = {};
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, { operationId }] of Object.entries(item)) {
        expect(REQUESTS, `add a good and a bad request of ${operationId}`).toHaveProperty([operationId]);
        const { body: request } = REQUESTS[operationId]!;
        recorded[operationId] = { request, answers: await record(operationId, method, path) };
      }
    }
    vi.useRealTimers();
    // npm run openapi writes them, and the document with them.
    await expect(`${JSON.stringify(recorded, null, 2)}\n`).toMatchFileSnapshot("examples.json");
  });
});

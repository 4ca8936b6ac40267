import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, it } from "vitest";
import { call, grant, NOBODY, ORGANIZATION } from "../support/api.ts";
import { bodies, pointsIntoBody } from "../support/bodies.ts";
import { execute } from "../support/stores.ts";

const LLM = {
  vendor: "o",
  model: "g",
  input_tokens: 1,
  output_tokens: 2,
  total_tokens: 3,
  prompt: null,
  response: "r",
};
const VALID = {
  events: [
    {
      name: "ai_usage",
      timestamp: "2026-01-01T00:00:00Z",
      external_customer_id: "c1",
      external_id: null,
      parent_id: "p",
      organization_id: ORGANIZATION,
      metadata: { k: "v", n: 1.5, on: true, _cost: { amount: "0.10", currency: "usd" }, _llm: LLM },
    },
    { name: "", external_customer_id: "" },
  ],
};

describe("POST /v1/events/ingest with any body at all", () => {
  it("answers 200 or a 4xx that points into the body, and stores all of it or nothing", async ({ expect }) => {
    const token = await grant();
    let inserted = 0;
    await fc.assert(
      fc.asyncProperty(bodies(VALID), async (body) => {
        const answer = await call("POST", "/v1/events/ingest", { token, body });
        if (answer.status === 200) {
          inserted += answer.json.inserted;
          return;
        }
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        expect(answer.json).toMatchObject({ error: expect.any(String), detail: expect.anything() });
        if (answer.status === 422) expect(pointsIntoBody(answer, body)).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(inserted).toBeGreaterThan(0);
    const [row] = await execute(sql<{ n: number }>`SELECT count(*) AS n FROM events`);
    expect(row!.n).toBe(inserted);
  });
});

describe("Every query string", () => {
  const NAMES = ["page", "limit", "sorting", "query", "is_archived", "organization_id", "metadata[a]", "metadata[", "filter",
    "start_timestamp", "end_timestamp", "interval", "timezone", "customer_id", "external_customer_id", "meter_id", "name", "source",
    "depth", "parent_id", "customer_aggregation_function", "__proto__", "constructor"]; // prettier-ignore
  const VALUES = ["", "1", "-1", "0", "99999999999999999999", "name", "-timestamp", "true", "x", "\0", "é", NOBODY, ORGANIZATION,
    "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "day", "hour", "year", "Europe/Paris", "+02:00", "sum",
    '{"conjunction":"and","clauses":[]}', '{"conjunction":"or","clauses":[{"property":"a","operator":"gt","value":1}]}', "[", "null"]; // prettier-ignore
  const query = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.oneof(fc.constantFrom(...VALUES), fc.string())), {
    maxLength: 8,
  });

  it("is answered with 200, 404 or 422", async ({ expect }) => {
    const token = await grant();
    const created = await call("POST", "/v1/meters/", {
      token,
      body: { name: "meter", filter: { conjunction: "and", clauses: [] }, aggregation: { func: "count" } },
    });
    const paths = [
      "/v1/meters/",
      "/v1/events/",
      "/v1/events/names",
      `/v1/meters/${created.json.id}/quantities`,
      `/v1/events/${NOBODY}`,
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), query, fc.boolean(), async (path, pairs, inRange) => {
        const search = new URLSearchParams(pairs);
        if (inRange) {
          search.append("start_timestamp", "2026-01-01T00:00:00Z");
          search.append("end_timestamp", "2026-01-02T00:00:00Z");
          search.append("interval", "day");
        }
        const answer = await call("GET", `${path}?${search.toString()}`, { token });
        expect([200, 404, 422]).toContain(answer.status);
      }),
      { numRuns: 1000 },
    );
  });
});

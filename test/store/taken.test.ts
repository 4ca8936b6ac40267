import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, it } from "vitest";
import { findProblems } from "../../hostile/judge.ts";
import { bodiesOf, METER_ID } from "../../hostile/requests.ts";
import * as tables from "../../src/store/tables.ts";
import { type Answer, call, grant, METER, ORGANIZATION } from "../support/api.ts";
import { bodies } from "../support/bodies.ts";
import { cases } from "../support/cases.ts";
import { OPERATIONS } from "../support/document.ts";
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
/** Bodies with more in them than the document shows. */
const VALID: Record<string, object> = {
  "meters:create": {
    metadata: { team: "core", n: 5, on: true },
    name: "Valid meter",
    unit: "custom",
    custom_label: "request",
    custom_multiplier: 10,
    filter: {
      conjunction: "or",
      clauses: [
        { property: "model", operator: "like", value: "lite" },
        { conjunction: "and", clauses: [{ property: "timestamp", operator: "gte", value: 5 }] },
      ],
    },
    aggregation: { func: "sum", property: "tokens" },
    organization_id: null,
  },
  "events:ingest": {
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
      { name: "", external_customer_id: " " },
    ],
  },
};

const CREATIONS = OPERATIONS.filter(({ path, operation }) => operation.requestBody && !path.includes("{"));

/** The tables of what can be created: its rows have ids. */
const CREATED = Object.values(tables).filter(
  (table) => "id" in table && table !== tables.organizations && table !== tables.session_keys,
);

/** How many rows an organization has of what can be created. */
async function countRows(): Promise<number> {
  const counts = CREATED.map((table) => sql`(SELECT count(*) FROM ${table})`);
  const [row] = await execute(sql<{ n: number }>`SELECT ${sql.join(counts, sql` + `)} AS n`);
  return row!.n;
}

/** How many rows an answer says that it has stored. A session is not stored, and an event can be part of another answer. */
function storedBy(id: string, { status, json }: Answer): number {
  if (id === "customer-sessions:create") return 0;
  if (status === 201) return 1;
  // Each void is an event of the platform.
  if (json.inserted !== undefined) return json.inserted + (json.voided ?? 0);
  return json.event?.result === "inserted" ? 1 : 0;
}

describe.for(CREATIONS.map(({ operation, ...rest }) => ({ id: operation.operationId, operation, ...rest })))(
  "$id with any body at all",
  ({ method, path, operation }) => {
    const { schema, example } = operation.requestBody!.content["application/json"];
    const valid = VALID[operation.operationId] ?? example;

    it("stores what it answers to have stored, and nothing when it refuses", async ({ expect }) => {
      const token = await grant();
      const meter = (await call("POST", "/v1/meters/", { token, body: METER })).json.id;
      await call("POST", "/v1/customers/", { token, body: { email: "c@example.com", external_id: "customer-1" } });
      const before = await countRows();
      let taken = 0;
      let stored = 0;
      await fc.assert(
        fc.asyncProperty(fc.oneof(bodies(valid), bodiesOf(schema)), async (body) => {
          const sent = typeof body === "string" ? body.replaceAll(METER_ID, meter) : body;
          const answer = await call(method, path, { token, body: sent });
          expect(findProblems({ method, path, body: sent }, answer)).toEqual([]);
          if (answer.status >= 300) return;
          taken++;
          stored += storedBy(operation.operationId, answer);
        }),
        { numRuns: cases(), examples: [[JSON.stringify(valid)]] },
      );
      expect(taken).toBeGreaterThan(0);
      expect((await countRows()) - before).toBe(stored);
    });
  },
);

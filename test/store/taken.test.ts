import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, it } from "vitest";
import { findProblems } from "../../hostile/judge.ts";
import { bodiesOf, METER_ID } from "../../hostile/requests.ts";
import { call, grant, METER } from "../support/api.ts";
import { OPERATIONS } from "../support/document.ts";
import { execute } from "../support/stores.ts";

const CREATIONS = OPERATIONS.filter(({ path, operation }) => operation.requestBody && !path.includes("{"));

/** How many rows an organization has of what can be created. */
async function countRows(): Promise<number> {
  const [row] = await execute(sql<{ n: number }>`
    SELECT (SELECT count(*) FROM meters) + (SELECT count(*) FROM events) + (SELECT count(*) FROM customers)
      + (SELECT count(*) FROM organization_access_tokens) AS n`);
  return row!.n;
}

describe.for(CREATIONS.map(({ operation, ...rest }) => ({ id: operation.operationId, operation, ...rest })))(
  "$id with any body at all",
  ({ method, path, operation }) => {
    const { schema, example } = operation.requestBody!.content["application/json"];

    it("stores what it answers to have stored, and nothing when it refuses", async ({ expect }) => {
      const token = await grant();
      const meter = (await call("POST", "/v1/meters/", { token, body: METER })).json.id;
      await call("POST", "/v1/customers/", { token, body: { email: "c@example.com", external_id: "customer-1" } });
      const before = await countRows();
      let taken = 0;
      let stored = 0;
      await fc.assert(
        fc.asyncProperty(bodiesOf(schema), async (body) => {
          const sent = typeof body === "string" ? body.replaceAll(METER_ID, meter) : body;
          const answer = await call(method, path, { token, body: sent });
          expect(findProblems({ method, path, body: sent }, answer)).toEqual([]);
          if (answer.status >= 300) return;
          taken++;
          stored += answer.status === 201 ? 1 : (answer.json.inserted ?? 0);
        }),
        { numRuns: Number(env.PROPERTY_CASES), examples: [[JSON.stringify(example)]] },
      );
      expect(taken).toBeGreaterThan(0);
      expect((await countRows()) - before).toBe(stored);
    });
  },
);

import fc from "fast-check";
import { describe, it } from "vitest";
import { call, grant, storedMeters } from "../support/api.ts";
import { bodies, pointsIntoBody } from "../support/bodies.ts";

const VALID = {
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
};

describe("POST /v1/meters/ with any body at all", () => {
  it("answers 201 or a 4xx in the one error shape, and stores what it answered 201 to and nothing else", async ({
    expect,
  }) => {
    const token = await grant();
    let created = 0;
    await fc.assert(
      fc.asyncProperty(bodies(VALID), async (sent) => {
        const answer = await call("POST", "/v1/meters/", { token, body: sent });
        if (answer.status === 201) {
          created++;
          return;
        }
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        expect(answer.json).toMatchObject({ error: expect.any(String), detail: expect.anything() });
        if (answer.status !== 422) return;
        for (const problem of answer.json.detail) {
          expect(problem).toMatchObject({ type: expect.any(String), loc: expect.any(Array), msg: expect.any(String) });
        }
        expect(pointsIntoBody(answer, sent)).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(created).toBeGreaterThan(0);
    expect(await storedMeters()).toBe(created);
  });
});

import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { connect } from "../../src/db/client.ts";
import { ingest } from "../../src/events/ingest.ts";
import { catchUp } from "../../src/meters/rollup.ts";
import { call, grant, METER, ORGANIZATION } from "../support/api.ts";

/** Counts D1's round trips, and sums what its results say of rows, while something runs. */
async function measure(run: () => Promise<unknown>) {
  const found = { trips: 0, read: 0, written: 0 };
  const batch = env.DB.batch.bind(env.DB);
  const prepare = env.DB.prepare.bind(env.DB);
  vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    found.trips++;
    const results = await batch(statements);
    for (const { meta } of results) {
      found.read += meta.rows_read;
      found.written += meta.rows_written;
    }
    return results;
  });
  let prepared = 0;
  vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
    const statement = prepare(sql);
    const bind = statement.bind.bind(statement);
    statement.bind = (...values) => {
      const bound = bind(...values);
      for (const method of ["run", "all", "raw"] as const) {
        const original: () => Promise<unknown> = bound[method].bind(bound);
        bound[method] = (async () => {
          prepared++;
          return original();
        }) as never;
      }
      return bound;
    };
    return statement;
  });
  await run();
  vi.restoreAllMocks();
  return { ...found, trips: found.trips + prepared };
}

const START = Date.parse("2026-03-01T00:00:00Z");
const event = (i: number, count: number) => ({
  name: "ai_usage",
  timestamp: new Date(START + Math.floor((i / count) * 30 * 96) * 900_000).toISOString(),
  external_customer_id: `customer ${i % 7}`,
  metadata: { total_tokens: i % 100 },
});

describe("The cost of POST /v1/events/ingest", () => {
  it("is one round trip and at most four rows written an event, for 1 and for 1,000 events", async ({ expect }) => {
    const db = connect(env.DB);
    for (const count of [1, 1000]) {
      const events = Array.from({ length: count }, (_, i) => ({
        ...event(i, count),
        timestamp: START,
        external_id: `${count}/${i}`,
        metadata: {},
      }));
      const cost = await measure(() => ingest(db, ORGANIZATION, events, false, START));
      expect(cost.trips).toBe(1);
      // The row, its id, its time, its external_id; and one row of organizations a request.
      expect(cost.written).toBeLessThanOrEqual(4 * count + 2);
    }
  });

  it("is one round trip on the way to the answer", async ({ expect }) => {
    const token = await grant();
    const events = Array.from({ length: 1000 }, (_, i) => event(i, 1000));
    const cost = await measure(() => call("POST", "/v1/events/ingest", { token, body: { events } }));
    // The second one is the catch-up's look at which meters are behind, after the answer.
    expect(cost.trips).toBe(2);
  });
});

describe("The cost of GET /v1/meters/{id}/quantities", () => {
  const path = (id: string) =>
    `/v1/meters/${id}/quantities?start_timestamp=2026-03-01T00:00:00Z&end_timestamp=2026-03-30T00:00:00Z&interval=day`;

  it("is two round trips, and on caught-up data the same rows for 10,000 and for 200,000 events", async ({ expect }) => {
    const token = await grant();
    const db = connect(env.DB);
    const aggregation = { func: "sum", property: "total_tokens" };
    const { json: meter } = await call("POST", "/v1/meters/", { token, body: { ...METER, aggregation } });
    const read: number[] = [];
    for (const [rounds, total] of [[1, 495_000], [19, 9_900_000]] as const) {
      for (let round = 0; round < rounds; round++) {
        const events = Array.from({ length: 10_000 }, (_, i) => ({ ...event(i, 10_000), timestamp: Date.parse(event(i, 10_000).timestamp) }));
        await ingest(db, ORGANIZATION, events, false, START);
      }
      await catchUp(db, { runs: 100 });
      const cost = await measure(async () => {
        const answer = await call("GET", path(meter.id), { token });
        expect(answer.json.total).toBe(total);
      });
      expect(cost.trips).toBe(2);
      read.push(cost.read);
    }
    expect(read[1]).toBe(read[0]);
    console.log(`rows read: ${read.join(", ")}`);
  }); // prettier-ignore
});

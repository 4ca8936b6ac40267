import { describe, it } from "vitest";
import { clauses, event, setUp } from "../support/metering.ts";
import { call, METER } from "../support/api.ts";
import { counting, measuring } from "../support/stores.ts";

const clause = (property: string, value: unknown, operator = "eq") => clauses({ property, operator, value });
const sum = (property: string) => ({ func: "sum", property });

describe("The warnings of a new meter", () => {
  it.for([
    [{ filter: clause("external_customer_id", "c1") }, ["filter.clauses.0.property"]],
    [{ filter: clause("timestamp", "2026-01-01", "gte") }, ["filter.clauses.0.value"]],
    [{ filter: clause("_cost.amount", "0.5", "gte") }, ["filter.clauses.0.value"]],
    [{ filter: clause("_cost.amount", "0.5", "like") }, []],
    [{ filter: clauses(clause("name", 5), clause("source", "system")) }, ["filter.clauses.0.clauses.0.value", "filter.clauses.1.clauses.0.value"]],
    [{ aggregation: sum("name") }, ["aggregation.property"]],
    [{ aggregation: { func: "unique", property: "source" } }, ["aggregation.property"]],
    [{ aggregation: { func: "unique", property: "external_customer_id" } }, ["aggregation.property"]],
    [{ aggregation: { func: "count" }, dimensions: ["name", "customer_id", "model"] }, ["dimensions.1"]],
    [{ aggregation: sum("text") }, ["aggregation.property"]],
    [{ aggregation: { func: "max", property: "nothing" } }, ["aggregation.property"]],
    [{ aggregation: sum("n") }, []],
    [{ aggregation: sum("timestamp"), filter: clause("timestamp", 5, "gte") }, []],
    [{ aggregation: sum("nothing"), filter: clause("name", "unknown") }, []],
    [{ aggregation: { func: "unique", property: "text" }, filter: clause("name", "gen") }, []],
  ] as [object, string[]][])("of %j are at %j", async ([definition, places], { expect }) => {
    const { ingest, create, token } = await setUp();
    await ingest(event({ n: 1, text: "1" }), event({ text: "2" }));
    const meter = await create(definition);
    expect((meter.warnings ?? []).map(({ loc }: any) => loc.slice(1).join("."))).toEqual(places);
    expect("warnings" in meter).toBe(places.length > 0);
    expect("warnings" in (await call("GET", `/v1/meters/${meter.id}`, { token })).json).toBe(false);
  }); // prettier-ignore

  it("do not appear while there are no events, and are replayed for an idempotency key", async ({ expect }) => {
    const { ingest, create, token } = await setUp();
    expect("warnings" in (await create({ aggregation: sum("n") }))).toBe(false);
    await ingest(event({ n: "1" }));
    const request = { token, body: { ...METER, aggregation: sum("n") }, headers: { "Idempotency-Key": "k" } };
    const first = await call("POST", "/v1/meters/", request);
    expect(first.json.warnings).toHaveLength(1);
    await ingest(event({ n: 1 }));
    expect((await call("POST", "/v1/meters/", request)).text).toBe(first.text);
    expect("warnings" in (await create({ aggregation: sum("n") }))).toBe(false);
  });

  it("read the newest events only, in the round trip that stores the meter", async ({ expect }) => {
    const { ingest, token } = await setUp();
    await ingest(event({ n: 1 }), ...Array.from({ length: 1500 }, () => event({ n: "1" })));
    const [{ open: counted, count }, { open, cost }] = [counting(), measuring()];
    await call("POST", "/v1/meters/", { token, body: { ...METER, aggregation: sum("n") }, open: counted });
    expect(count.trips).toBe(1);
    const { json } = await call("POST", "/v1/meters/", { token, body: { ...METER, aggregation: sum("n") }, open });
    expect(json.warnings).toHaveLength(1);
    expect(cost.read).toBeLessThan(2100);
  });
});

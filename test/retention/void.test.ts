import { describe, it } from "vitest";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { call, grant, METER, problems } from "../support/api.ts";
import { DAY as DAY_QUERY } from "../support/metering.ts";
import { catchUpAndRetain, enough, send } from "../support/retaining.ts";
import { storeOf } from "../support/stores.ts";

const AFTER = Date.parse("2026-01-20T00:00:00Z");

/** A meter of a function, with a dimension that has one value, and what tests do with it. */
async function setUp(func: string) {
  const store = storeOf();
  const token = await grant();
  const post = (path: string, body: object) => call("POST", path, { token, body });
  const aggregation = func === "count" ? { func } : { func, property: "v" };
  const { json: meter } = await post("/v1/meters/", { ...METER, aggregation, dimensions: ["name"] });
  /** The total, and that of its one group, which comes from the rollups of the dimension. */
  const totals = async () => {
    const path = `/v1/meters/${meter.id}/quantities?${DAY_QUERY}&group_by=name`;
    const { total, groups } = (await call("GET", path, { token })).json;
    return [total, groups[0].total];
  };
  const voidEvents = (externalIds: string[], replacements: object[] = []) =>
    post("/v1/events/void", { events: externalIds.map((external_id) => ({ external_id })), reason: "Test", replacements }); // prettier-ignore
  const resultsOf = async (...externalIds: string[]) =>
    (await voidEvents(externalIds)).json.events.map(({ result }: { result: string }) => result);
  return { store, token, post, meter, totals, voidEvents, resultsOf };
}

describe("POST /v1/events/void after retention", () => {
  it.for([
    ["count", "voided", 3],
    ["sum", "voided", 12],
    ["avg", "voided", 4],
    ["max", "not_voidable", 8],
    ["min", "not_voidable", 1],
    ["unique", "not_voidable", 3],
  ] as const)("with %s, an event whose quarter of an hour has deleted ones is %s", async ([func, result, total], { expect }) => {
    const { store, totals, resultsOf, voidEvents } = await setUp(func);
    await send(store, [{ external_id: "deleted", v: 1 }, { v: 8 }]);
    await catchUpAndRetain(store);
    await send(store, ["late", "later"].map((external_id) => ({ external_id, v: 3 }))); // prettier-ignore
    await send(store, [{ external_id: "recent", v: 3, timestamp: AFTER }]);
    await catchUp(store, enough());
    expect(await resultsOf("deleted", "late", "recent")).toEqual(["not_found", result, "voided"]);
    expect(await totals()).toEqual([total, total]);
    if (result === "voided") return;
    const refused = await voidEvents(["later"], [{ name: "gen", external_customer_id: "c1" }]);
    expect(problems(refused)).toEqual(["body.events.0 not_voidable"]);
    expect(await totals()).toEqual([total, total]);
  }); // prettier-ignore

  it("needs the events since a reset only for a maximum that the voided event has been", async ({ expect }) => {
    const { store, token, post, meter, resultsOf } = await setUp("max");
    const body = { email: "ada@example.com", external_id: "c1" };
    const { json: customer } = await post("/v1/customers/", body);
    await post("/v1/customer-meters/resets", { customer_id: customer.id, meter_id: meter.id });
    const recent = { timestamp: AFTER };
    await send(store, [{ external_id: "deleted", v: 4 }, { ...recent, external_id: "most", v: 9 }, { ...recent, external_id: "less", v: 2 }]); // prettier-ignore
    await catchUpAndRetain(store);
    expect(await resultsOf("most", "less")).toEqual(["not_voidable", "voided"]);
    const { json } = await call("GET", `/v1/customers/${customer.id}/state`, { token });
    expect(json.active_meters[0].consumed_units).toBe(9);
  });

  it("does not void for a meter that may have begun after the event", async ({ expect }) => {
    const { store, resultsOf, totals, post } = await setUp("count");
    await send(store, [{ external_id: "deleted" }]);
    await catchUpAndRetain(store);
    await post("/v1/meters/", { ...METER, name: "Later" });
    await send(store, [{ external_id: "late" }]);
    await catchUp(store, enough());
    expect(await resultsOf("late")).toEqual(["not_voidable"]);
    expect(await totals()).toEqual([2, 2]);
  });
});

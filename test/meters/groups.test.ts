import { describe, it } from "vitest";
import { call, problems } from "../support/api.ts";
import { recordsOf } from "../support/csv.ts";
import { catchUpAll, DAY, event, setUp } from "../support/metering.ts";
import { measuring } from "../support/stores.ts";

const SUM = { func: "sum", property: "n" };
const at = (external_customer_id: string, metadata: object) => ({ ...event(metadata), external_customer_id });

/** A meter, and how its groups are asked for. */
async function setUpGroups(aggregation: object = SUM) {
  const { create, ...more } = await setUp();
  const { id } = await create({ aggregation });
  const ask = (query: string) => call("GET", `/v1/meters/${id}/quantities?${DAY}&${query}`, { token: more.token });
  /** The names of the groups with their totals, and the total of all others. */
  const groups = async (query: string) => {
    const { json } = await ask(query);
    const shown = json.groups.map(({ key, missing, total }: any) => [missing ? "missing" : key, total]);
    return [shown, json.others?.total ?? null, json.group_count];
  };
  return { ...more, create, id, ask, groups };
}

describe("Quantities that are grouped by a property", () => {
  it("have the groups by their totals, each with its rows, and the same quantities and total as without", async ({
    expect,
  }) => {
    const { ingest, ask } = await setUpGroups();
    await ingest(at("c1", { n: 1, model: "small" }), at("c1", { n: 40, model: "large" }), at("c2", { n: 2, model: "small" })); // prettier-ignore
    const row = (quantity: number) => [{ timestamp: "2026-01-01T00:00:00.000Z", quantity }];
    const { json: plain } = await ask("");
    expect(plain).toEqual({ quantities: row(43), total: 43 });
    const { json } = await ask("group_by=metadata.model&group_limit=1");
    expect(json).toEqual({
      ...plain,
      group_by: "metadata.model",
      group_count: 2,
      groups: [{ key: "large", total: 40, quantities: row(40) }],
      others: { total: 3, quantities: row(3) },
    });
    expect((await ask("group_by=model&group_limit=2")).json.others).toBeNull();
    expect((await ask("group_by=model&metadata[model]=none")).json).toMatchObject({ group_count: 0, groups: [], others: null }); // prettier-ignore
  });

  it("tell values apart as filters do, in the order null, missing, booleans, numbers, text", async ({ expect }) => {
    const { token, groups } = await setUpGroups({ func: "count" });
    const llm = (more: string) => `{"name":"gen","external_customer_id":"c1","timestamp":"2026-01-01T12:00:00Z","metadata":{"_llm":{"vendor":"v","model":"m","input_tokens":1,"output_tokens":1,"total_tokens":2${more}}}}`; // prettier-ignore
    const written = ["1", "1.0", '"1"', "true", "false", "null", "-2.5", '"a"', '"Z"', '"😀"', '"￿"'];
    const body = `{"events":[${[...written.map((value) => llm(`,"x":${value}`)), llm("")].join()}]}`;
    expect((await call("POST", "/v1/events/ingest", { token, body })).json.inserted).toBe(12);
    const keys = [null, "missing", false, true, -2.5, 1, "1", "Z", "a", "￿", "😀"];
    expect(await groups("group_by=_llm.x&group_sorting=key&group_limit=100")).toEqual([
      keys.map((key) => [key, key === 1 ? 2 : 1]),
      null,
      11,
    ]);
    // Ties are in the order of the keys.
    expect(await groups("group_by=_llm.x&group_limit=3")).toEqual([[[1, 2], [null, 1], ["missing", 1]], 8, 11]); // prettier-ignore
    expect(await groups("group_by=_llm.x&group_sorting=total&group_limit=1")).toEqual([[[null, 1]], 11, 11]);
    expect(await groups("group_by=_llm")).toEqual([[[null, 12]], null, 1]);
    expect(await groups("group_by=name")).toEqual([[["gen", 12]], null, 1]);
  });

  it.for([
    ["avg", [["a", 10]], 3.5],
    ["max", [["a", 10]], 10],
    ["min", [["a", 10]], 1],
    ["unique", [["b", 2]], 2],
  ] as const)(
    "with %s have others of their own events, not of the groups",
    async ([func, shown, others], { expect }) => {
      const { ingest, groups } = await setUpGroups({ func, property: "n" });
      await ingest(event({ n: 10, g: "a" }), ...[1, 1, 1, 4].map((n) => event({ n, g: "b" })), event({ n: 4, g: "c" }), event({ n: 10, g: "c" }), event({ g: "d" })); // prettier-ignore
      expect(await groups("group_by=g&group_limit=1")).toEqual([shown, others, 3]);
    },
  );

  it("are computed in a preview too, of the same events", async ({ expect }) => {
    const { token, ingest } = await setUpGroups();
    await ingest(event({ n: 1, g: "a" }), event({ n: 5, g: "b" }), event({ n: 3, g: "c" }));
    const range = { start_timestamp: "2026-01-01T00:00:00Z", end_timestamp: "2026-01-01T00:00:00Z", interval: "total" };
    const filter = { conjunction: "and", clauses: [] };
    const preview = (more: object) =>
      call("POST", "/v1/meters/preview", { token, body: { filter, aggregation: SUM, ...range, end_timestamp: "2026-01-02T00:00:00Z", ...more } }); // prettier-ignore
    const { json } = await preview({ group_by: "g", group_limit: 2, group_sorting: "key" });
    expect(json.groups.map(({ key, total }: any) => [key, total])).toEqual([
      ["a", 1],
      ["b", 5],
    ]);
    expect([json.total, json.others.total, json.events.length]).toEqual([9, 3, 3]);
    expect((await preview({ group_by: "customer" })).json.groups[0].key.external_customer_id).toBe("c1");
    expect(problems(await preview({ group_by: "g", customer_aggregation_function: "sum" }))).toEqual(["body.customer_aggregation_function value_error"]); // prettier-ignore
    expect(Object.keys((await preview({})).json)).toEqual(["quantities", "total", "events"]);
    expect(problems(await preview({ group_by: 1, group_limit: 101 }))).toEqual([
      "body.group_by string_type",
      "body.group_limit less_than_equal",
    ]);
  });

  it.for([
    ["group_by=timestamp", ["query.group_by value_error"]],
    [`group_by=${"x".repeat(2501)}`, ["query.group_by string_too_long"]],
    ["group_by=model&group_limit=0", ["query.group_limit greater_than_equal"]],
    ["group_by=model&group_limit=101&group_sorting=name", ["query.group_sorting enum", "query.group_limit less_than_equal"]],
    ["group_by=model&customer_aggregation_function=sum", ["query.customer_aggregation_function value_error"]],
  ] as [string, string[]][])("are a 422 with ?%s", async ([query, expected], { expect }) => {
    const { ask } = await setUpGroups();
    expect(problems(await ask(query))).toEqual(expected);
  }); // prettier-ignore
});

describe("Quantities that are grouped by customer", () => {
  it("come from rollups, and join both identities of a registered customer", async ({ expect }) => {
    const { token, ingest, groups, ask, id } = await setUpGroups();
    const customer = { email: "ada@example.com", name: "Ada", external_id: "c2" };
    const { json: ada } = await call("POST", "/v1/customers/", { token, body: customer });
    await ingest(at("c1", { n: 5 }), at("c2", { n: 3 }), { ...event({ n: 4 }), external_customer_id: undefined, customer_id: ada.id }); // prettier-ignore
    const unregistered = { customer_id: null, external_customer_id: "c1", name: null, email: null };
    const registered = { customer_id: ada.id, external_customer_id: "c2", name: "Ada", email: "ada@example.com" };
    const both = [[[registered, 7], [unregistered, 5]], null, 2]; // prettier-ignore
    expect(await groups("group_by=customer")).toEqual(both);
    await catchUpAll();
    expect(await groups("group_by=customer")).toEqual(both);
    await ingest(at("c1", { n: 5 }));
    expect(await groups("group_by=customer&group_limit=1")).toEqual([[[unregistered, 10]], 7, 2]);
    expect(await groups("group_by=customer&group_sorting=key")).toEqual([[[unregistered, 10], [registered, 7]], null, 2]); // prettier-ignore
    expect(await groups(`group_by=customer&customer_id=${ada.id}`)).toEqual([[[registered, 7]], null, 1]);
    expect(await groups("group_by=customer&metadata[n]=4")).toEqual([[[registered, 4]], null, 1]);
    const { open, cost } = measuring();
    await call("GET", `/v1/meters/${id}/quantities?${DAY}&group_by=customer`, { token, open });
    expect(cost.trips).toBe(1);
    const property = at("c3", { n: 1, customer: "x" });
    await ingest(property);
    expect((await ask("group_by=metadata.customer")).json.groups.at(-1)).toMatchObject({ key: "x", total: 1 });
    await call("DELETE", `/v1/customers/${ada.id}`, { token });
    const former = { customer_id: ada.id, external_customer_id: null, name: null, email: null };
    expect((await groups("group_by=customer&group_sorting=total"))[0]).toContainEqual([former, 4]);
  });
});

describe("Groups as CSV", () => {
  it("are one below the other, with their keys, and all others last", async ({ expect }) => {
    const { ingest, ask } = await setUpGroups();
    await ingest(at("c1", { n: 5, g: "=1+1" }), at("c2", { n: 3 }), at("c3", { n: 1, g: true }));
    const { headers, text } = await ask("group_by=g&group_limit=2&format=csv");
    expect(headers.get("Content-Disposition")).toContain('"quantities-2026-01-01-to-2026-01-01-day-by-property.csv"');
    const row = { timestamp: "2026-01-01T00:00:00.000Z" };
    expect(recordsOf(text)).toEqual([
      { key: "'=1+1", missing: "", others: "", ...row, quantity: "5" },
      { key: "", missing: "true", others: "", ...row, quantity: "3" },
      { key: "", missing: "", others: "true", ...row, quantity: "1" },
    ]);
    const byCustomer = recordsOf((await ask("group_by=customer&group_limit=1&format=csv")).text);
    expect(byCustomer.map((record) => [record["key.external_customer_id"], record["others"], record["quantity"]])).toEqual([["c1", "", "5"], ["", "true", "4"]]); // prettier-ignore
  });
});

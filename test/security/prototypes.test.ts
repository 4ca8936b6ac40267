import { describe, it } from "vitest";
import { call, grant, METER, problems } from "../support/api.ts";

/** Names that objects of JavaScript have without being given them. */
const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__defineGetter__"];
const JSON_TYPE = { "Content-Type": "application/json" };
const RANGE = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day";

describe("A name that every object of JavaScript has", () => {
  it.for(NAMES)("is a key of metadata like any other: %s", async (name, { expect }) => {
    const token = await grant();
    const send = (path: string, body: string) => call("POST", path, { token, body, headers: JSON_TYPE });
    const metadata = `{"${name}":"v","n":1}`;
    const meter = await send("/v1/meters/", `${JSON.stringify(METER).slice(0, -1)},"metadata":${metadata}}`);
    expect(meter.text).toContain(`"metadata":${metadata}`);
    await send(
      "/v1/events/ingest",
      `{"events":[{"name":"e","external_customer_id":"c","timestamp":"2026-01-01T12:00:00Z","metadata":${metadata}}]}`,
    );
    const query = new URLSearchParams({ [`metadata[${name}]`]: "v" });
    const { json, text } = await call("GET", `/v1/events/?${String(query)}`, { token });
    expect([json.items.length, text.includes(metadata)]).toEqual([1, true]);
    const none = new URLSearchParams({ [`metadata[${name}]`]: "function" });
    expect((await call("GET", `/v1/events/?${String(none)}`, { token })).json.items).toEqual([]);

    const filter = { conjunction: "and", clauses: [{ property: name, operator: "eq", value: "v" }] };
    const aggregation = { func: "unique", property: name };
    const counting = await call("POST", "/v1/meters/", { token, body: { ...METER, filter, aggregation } });
    expect((await call("GET", `/v1/meters/${counting.json.id}/quantities?${RANGE}`, { token })).json.total).toBe(1);
  });

  it.for(NAMES)("does not fill in an absent field: %s", async (name, { expect }) => {
    const token = await grant({ scopes: ["meters:write", "customers:write", "events:write"] });
    const fields = JSON.stringify({ ...METER, email: "ada@example.com", external_customer_id: "c", events: [] });
    for (const path of ["/v1/meters/", "/v1/customers/", "/v1/events/ingest"]) {
      const answer = await call("POST", path, { token, body: `{"${name}":${fields}}`, headers: JSON_TYPE });
      expect(answer.status).toBe(422);
      expect(problems(answer).every((problem) => problem.endsWith(" missing"))).toBe(true);
    }
    expect(({} as Record<string, unknown>)["email"]).toBeUndefined();
  });

  it.for(NAMES)("is not accepted as an enumeration value or a parameter: %s", async (name, { expect }) => {
    const token = await grant();
    expect(problems(await call("GET", `/v1/meters/?sorting=${name}`, { token }))).toEqual(["query.sorting.0 enum"]);
    expect((await call("GET", `/v1/meters/?${name}=1&${name}[x]=1`, { token })).status).toBe(200);
    for (const aggregation of [{ func: name }, { func: name, property: "v" }]) {
      const answer = await call("POST", "/v1/meters/", { token, body: { ...METER, aggregation } });
      expect([answer.status, answer.json.error]).toEqual([422, "RequestValidationError"]);
    }
    expect((await call("GET", `/v1/${name}`, { token })).status).toBe(404);
  });
});

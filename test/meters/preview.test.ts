import { describe, it } from "vitest";
import { call, NOBODY, problems } from "../support/api.ts";
import { event, NAMED, setUp } from "../support/metering.ts";

describe("POST /v1/meters/preview", () => {
  const BODY = {
    filter: NAMED,
    aggregation: { func: "sum", property: "metadata.tokens" },
    start_timestamp: "2026-01-01T00:00:00Z",
    end_timestamp: "2026-01-02T00:00:00Z",
    interval: "day",
  };

  it("answers 401 without credentials", async ({ expect }) => {
    expect((await call("POST", "/v1/meters/preview", { body: BODY })).status).toBe(401);
  });

  it("shows what a meter would count and the first events that it would take, and saves nothing", async ({
    expect,
  }) => {
    const { token, ingest } = await setUp();
    await ingest(
      ...Array.from({ length: 12 }, (_, i) => event({ tokens: i, i })),
      event({ tokens: "1" }),
      event({}, "x"),
    );
    const answer = await call("POST", "/v1/meters/preview", { token, body: BODY });
    expect(answer.status).toBe(200);
    expect(answer.json.quantities).toEqual([
      { timestamp: "2026-01-01T00:00:00.000Z", quantity: 66 },
      { timestamp: "2026-01-02T00:00:00.000Z", quantity: 0 },
    ]);
    expect(answer.json.total).toBe(66);
    expect(answer.json.events.map(({ metadata }: any) => metadata.i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const some = await call("POST", "/v1/meters/preview", {
      token,
      body: { ...BODY, metadata: { i: [3, "4"] }, external_customer_id: ["c1"] },
    });
    expect([some.json.total, some.json.events.length]).toEqual([7, 2]);
    expect((await call("GET", "/v1/meters/", { token })).json.items).toEqual([]);
  });

  it.for([
    ["an object that can't become text", '"metadata":{"a":{"toString":1,"valueOf":1}}', ["body.metadata.a value_error"]],
    ["an array that is nested deeply", `"metadata":{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`, ["body.metadata.a value_error"]],
    ["numbers as customers", `"external_customer_id":[${"0,".repeat(9_999)}0]`, Array.from({ length: 100 }, (_, i) => `body.external_customer_id.${i} string_type`).concat("body too_many_problems")],
    ["texts as customers", `"customer_id":[${'"",'.repeat(9_999)}""]`, Array.from({ length: 100 }, (_, i) => `body.customer_id.${i} uuid_parsing`).concat("body too_many_problems")],
    ["more customers than a request takes", `"customer_id":[${'"",'.repeat(200_000)}""]`, ["body.customer_id too_long"]],
    ["more values of a condition than a request takes", `"metadata":{"a":[${"0,".repeat(10_000)}0]}`, ["body.metadata.a too_long"]],
  ] as [string, string, string[]][])("answers 422 to %s", async ([, field, expected], { expect }) => {
    const { token } = await setUp();
    const body = JSON.stringify(BODY).replace("{", `{${field},`);
    const answer = await call("POST", "/v1/meters/preview", { token, body });
    expect(problems(answer)).toEqual(expected);
  }); // prettier-ignore

  it("answers 422 to what a meter or a query would refuse", async ({ expect }) => {
    const { token } = await setUp();
    const post = (body: object) => call("POST", "/v1/meters/preview", { token, body });
    expect(problems(await post({ ...BODY, filter: 1, interval: "minute" }))).toEqual([
      "body.filter model_attributes_type",
      "body.interval enum",
    ]);
    expect(problems(await post({ ...BODY, end_timestamp: "2020-01-01T00:00:00Z" }))).toEqual(["body value_error"]);
    const proto = JSON.stringify({ ...BODY, metadata: {} }).replace('"metadata":{}', '"metadata":{"__proto__":"zz"}');
    expect((await call("POST", "/v1/meters/preview", { token, body: proto })).json.total).toBe(0);
    expect(problems(await post({ ...BODY, metadata: { a: null }, customer_id: [NOBODY, 1] }))).toEqual([
      "body.customer_id.1 uuid_type",
      "body.metadata.a value_error",
    ]);
  });
});

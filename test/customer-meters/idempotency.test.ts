import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { call, grant, METER, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { setUpBalances, unitsOf } from "../support/customer-meters.ts";
import { execute } from "../support/stores.ts";

const KEY = { "Idempotency-Key": "order 17" };

async function setUpPair() {
  const set = await setUpBalances();
  const meter = await set.meter();
  const { id: customerId } = await set.customer();
  const pair = { customer_id: customerId, meter_id: meter.id };
  const balance = async () => unitsOf((await set.list()).json.items[0]);
  return { ...set, meterId: meter.id, customerId, pair, balance };
}

describe.for(["credit", "reset"] as const)("A %s with an Idempotency-Key", (kind) => {
  const of = (pair: object) => (kind === "credit" ? { ...pair, units: 5 } : { ...pair, rollover: true });

  it("is answered again word for word, and entered once", async ({ expect }) => {
    const set = await setUpPair();
    const first = await set[kind](of(set.pair), KEY);
    expect([first.status, first.headers.get("Idempotent-Replayed")]).toEqual([201, null]);
    await set.use("c1", 3);
    await set.archive(set.meterId);
    const second = await set[kind](of(set.pair), KEY);
    expect([second.status, second.headers.get("Idempotent-Replayed")]).toEqual([201, "true"]);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("Content-Type")).toBe("application/json");
    expect(await set.systemEvents()).toHaveLength(1);
  });

  it("refuses the key for another body, and for another request", async ({ expect }) => {
    const set = await setUpPair();
    await set[kind](of(set.pair), KEY);
    const reused = [
      await set.credit({ ...set.pair, units: 6 }, KEY),
      await set.reset({ ...set.pair }, KEY),
      await call("POST", "/v1/meters/", { token: set.token, body: METER, headers: KEY }),
    ];
    for (const answer of reused) {
      expect([answer.status, answer.json.error]).toEqual([422, "PolarRequestValidationError"]);
      expect(problems(answer)).toEqual(["header.idempotency-key idempotency_key_reuse"]);
      expect(answer.headers.get("Idempotent-Replayed")).toBeNull();
    }
    expect(await set.systemEvents()).toHaveLength(1);
  });

  it("is one of twenty concurrent ones, with twenty equal answers", async ({ expect }) => {
    const set = await setUpPair();
    await set.credit({ ...set.pair, units: 50 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => set[kind](of(set.pair), KEY)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get("Idempotent-Replayed") === null)).toHaveLength(1);
    expect((await set.balance())[1]).toBe(kind === "credit" ? 55 : 50);
  });

  it("stores no 4xx, and checks the key only when the body is valid", async ({ expect }) => {
    const set = await setUpPair();
    const unknown = of({ external_customer_id: "c2", meter_id: set.meterId });
    expect((await set[kind](unknown, KEY)).status).toBe(422);
    const long = { "Idempotency-Key": "k".repeat(256) };
    expect(problems(await set[kind](of(set.pair), long))).toEqual(["header.idempotency-key value_error"]);
    expect(problems(await set[kind]({}, long))).not.toContain("header.idempotency-key value_error");
    await set.customer("c2", "Bo");
    expect((await set[kind](unknown, KEY)).status).toBe(201);
  });

  it("compares by meaning", async ({ expect }) => {
    const set = await setUpPair();
    const body = of(set.pair);
    const first = await set[kind](body, KEY);
    const upper = { ...body, customer_id: set.customerId.toUpperCase() };
    const same = [Object.fromEntries(Object.entries(body).toReversed()), { ...body, extra: 1 }, upper];
    for (const each of same) expect((await set[kind](each, KEY)).text).toBe(first.text);
  });

  it("treats an absent id of the customer and null as the same", async ({ expect }) => {
    const set = await setUpPair();
    const first = await set[kind](of(set.pair), KEY);
    expect((await set[kind](of({ ...set.pair, external_customer_id: null }), KEY)).text).toBe(first.text);
  });

  it("is answered again when the customer was deleted meanwhile", async ({ expect }) => {
    const set = await setUpPair();
    const first = await set[kind](of(set.pair), KEY);
    await call("DELETE", `/v1/customers/${set.customerId}`, { token: set.token });
    const second = await set[kind](of(set.pair), KEY);
    expect([second.status, second.text]).toEqual([201, first.text]);
    expect((await set[kind](of(set.pair))).status).toBe(422);
  });

  it("keeps the keys of organizations apart", async ({ expect }) => {
    const set = await setUpPair();
    await set[kind](of(set.pair), KEY);
    const token = await grant({ organization_id: OTHER_ORGANIZATION });
    const { json: meter } = await call("POST", "/v1/meters/", { token, body: METER });
    await call("POST", "/v1/customers/", { token, body: { email: "a@example.com", external_id: "c1" } });
    const body = of({ external_customer_id: "c1", meter_id: meter.id });
    const answer = await call("POST", `/v1/customer-meters/${kind}s`, { token, body, headers: KEY });
    expect([answer.status, answer.headers.get("Idempotent-Replayed")]).toEqual([201, null]);
  });

  it("leaves no personal data behind when the customer is anonymized", async ({ expect }) => {
    const set = await setUpPair();
    await set[kind](of(set.pair), KEY);
    await call("DELETE", `/v1/customers/${set.customerId}?anonymize=true`, { token: set.token });
    const answers = await execute<{ answer: string }>(sql`SELECT answer FROM idempotency_keys`);
    for (const { answer } of answers) expect(answer).not.toContain("c1@example.com");
  });
});

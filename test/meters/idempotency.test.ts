import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION, problems, storedMeters } from "../support/api.ts";
import { counting, execute, losing } from "../support/stores.ts";

const KEY = { "Idempotency-Key": "order 17/β".replace("β", "b") };
const post = (token: string, body: unknown, headers: Record<string, string> = KEY) =>
  call("POST", "/v1/meters/", { token, body, headers });

describe("POST /v1/meters/ with an Idempotency-Key", () => {
  it("answers the second request with the first answer, word for word, even after a change", async ({ expect }) => {
    const token = await grant();
    const first = await post(token, METER);
    expect([first.status, first.headers.get("Idempotent-Replayed")]).toEqual([201, null]);
    await call("PATCH", `/v1/meters/${first.json.id}`, { token, body: { name: "Changed" } });
    const second = await post(token, METER);
    expect([second.status, second.headers.get("Idempotent-Replayed")]).toEqual([201, "true"]);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("Content-Type")).toBe("application/json");
    expect(await storedMeters()).toBe(1);
  });

  it("compares by meaning: neither white space, order, defaults nor the own organization's id matter", async ({
    expect,
  }) => {
    const token = await grant();
    const first = await post(token, { ...METER, metadata: { a: 1, b: 2 } });
    const same = [
      JSON.stringify({ ...METER, metadata: { b: 2.0, a: 1 } }, null, 4),
      {
        metadata: { b: 2, a: 1 },
        unit: "scalar",
        aggregation: METER.aggregation,
        filter: METER.filter,
        name: METER.name,
      },
      { ...METER, metadata: { a: 1, b: 2 }, organization_id: ORGANIZATION.toUpperCase(), custom_label: null, extra: 1 },
    ];
    for (const body of same) expect((await post(token, body)).text).toBe(first.text);
  });

  it("answers 422 when the key stands for something else, and stores nothing", async ({ expect }) => {
    const token = await grant();
    await post(token, METER);
    const answer = await post(token, { ...METER, name: "Another" });
    expect(answer.status).toBe(422);
    expect(answer.json.error).toBe("PolarRequestValidationError");
    expect(problems(answer)).toEqual(["header.idempotency-key idempotency_key_reuse"]);
    expect(await storedMeters()).toBe(1);
  });

  it("keeps the keys of organizations apart", async ({ expect }) => {
    const first = await post(await grant(), METER);
    const other = await post(await grant({ organization_id: OTHER_ORGANIZATION }), { ...METER, name: "Another" });
    expect([first.status, other.status]).toEqual([201, 201]);
    expect([await storedMeters(), await storedMeters(OTHER_ORGANIZATION)]).toEqual([1, 1]);
  });

  it("makes one meter of twenty concurrent requests, and twenty equal answers", async ({ expect }) => {
    const token = await grant();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(token, METER)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get("Idempotent-Replayed") === null)).toHaveLength(1);
    expect(await storedMeters()).toBe(1);
  });

  it("checks the key only when the body is valid, and stores no 4xx", async ({ expect }) => {
    const token = await grant();
    const long = { "Idempotency-Key": "k".repeat(256) };
    expect(problems(await post(token, { ...METER, name: "a" }, long))).toEqual(["body.name string_too_short"]);
    for (const key of ["k".repeat(256), "clé", ""]) {
      const answer = await post(token, METER, { "Idempotency-Key": key });
      expect(problems(answer)).toEqual(["header.idempotency-key value_error"]);
    }
    expect((await post(token, { ...METER, name: "a" })).status).toBe(422);
    expect((await post(token, METER)).status).toBe(201);
    expect((await post(token, METER, { "Idempotency-Key": "k".repeat(255) })).status).toBe(201);
  });

  it("writes key, answer and meter in one transaction, one round trip", async ({ expect }) => {
    const token = await grant();
    const { open, count } = counting();
    await call("POST", "/v1/meters/", { token, body: METER, headers: KEY, open });
    expect(count.trips).toBe(1);
    await execute(sql`DROP TABLE meters`);
    expect((await post(token, METER, { "Idempotency-Key": "other" })).status).toBe(503);
    expect(await execute(sql`SELECT key FROM idempotency_keys`)).toEqual([{ key: KEY["Idempotency-Key"] }]);
  });

  it("makes one meter when the connection is lost before or after the transaction", async ({ expect }) => {
    const token = await grant();
    for (const after of [false, true]) {
      const before = await storedMeters();
      const key = { "Idempotency-Key": `lost ${after}` };
      const answer = await call("POST", "/v1/meters/", { token, body: METER, headers: key, open: losing({ after }) });
      expect([answer.status, answer.headers.get("Idempotent-Replayed")]).toEqual([201, null]);
      expect(await storedMeters()).toBe(before + 1);
      expect((await post(token, METER, key)).text).toBe(answer.text);
    }
  });
});

import { describe, it } from "vitest";
import { call, grant, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { countRows, counting, losing } from "../support/stores.ts";

const KEY = { "Idempotency-Key": "batch 17" };
const DETAILED = { ...KEY, Prefer: "return=representation" };
const EVENT = { name: "gen", external_customer_id: "c1", timestamp: "2026-01-01T00:00:00Z", metadata: { n: 1 } };
const ingest = (token: string, events: object[], headers: Record<string, string> = KEY) =>
  call("POST", "/v1/events/ingest", { token, body: { events }, headers });
const stored = (organizationId?: string) => countRows("events", organizationId);

describe("POST /v1/events/ingest with an Idempotency-Key", () => {
  it("stores the events once, and answers the second request with the first answer", async ({ expect }) => {
    const token = await grant();
    await ingest(token, [{ ...EVENT, external_id: "old" }], {});
    const events = [EVENT, { ...EVENT, external_id: "old" }, { ...EVENT, external_id: "new" }];
    const first = await ingest(token, events);
    expect([first.json, first.headers.get("Idempotent-Replayed")]).toEqual([{ inserted: 2, duplicates: 1 }, null]);
    const second = await ingest(token, events);
    expect([second.status, second.headers.get("Idempotent-Replayed")]).toEqual([200, "true"]);
    expect(second.text).toBe(first.text);
    expect(await stored()).toBe(3);
  });

  it("says again with the details that are asked for which events were inserted", async ({ expect }) => {
    const token = await grant();
    await ingest(token, [{ ...EVENT, external_id: "old" }], {});
    const events = [EVENT, { ...EVENT, external_id: "old", name: "other" }, { ...EVENT, external_id: "new" }, EVENT];
    const first = await ingest(token, events, DETAILED);
    expect(first.json.events.map(({ result }: any) => result)).toEqual(["inserted", "duplicate_differs", "inserted", "inserted"]); // prettier-ignore
    await ingest(token, [EVENT, EVENT], {});
    expect((await ingest(token, events, DETAILED)).text).toBe(first.text);
    expect((await ingest(token, events)).json).toEqual({ inserted: 3, duplicates: 1 });
    const { open, count } = counting();
    await call("POST", "/v1/events/ingest", { token, body: { events }, headers: DETAILED, open });
    expect(count.trips).toBe(1);
  });

  it("compares by meaning, and answers 422 when the key stands for something else", async ({ expect }) => {
    const token = await grant();
    const first = await ingest(token, [EVENT]);
    const same = { ...EVENT, organization_id: ORGANIZATION, external_id: "", unknown: 1 };
    expect((await ingest(token, [same])).text).toBe(first.text);
    for (const other of [[], [EVENT, EVENT], [{ ...EVENT, metadata: { n: 2 } }], [{ ...EVENT, external_id: "a" }]]) {
      const answer = await ingest(token, other, other.length === 0 ? KEY : DETAILED);
      expect(answer.status).toBe(422);
      expect(problems(answer)).toEqual(["header.idempotency-key idempotency_key_reuse"]);
    }
    expect(await stored()).toBe(1);
    expect(problems(await ingest(token, [EVENT], { "Idempotency-Key": "" }))).toEqual(["header.idempotency-key value_error"]); // prettier-ignore
  });

  it("keeps no key of a request that was refused, and none of another organization", async ({ expect }) => {
    const token = await grant();
    expect((await ingest(token, [{ ...EVENT, name: 1 }])).status).toBe(422);
    expect((await ingest(token, [EVENT])).json.inserted).toBe(1);
    const other = await ingest(await grant({ organization_id: OTHER_ORGANIZATION }), [EVENT, EVENT]);
    expect(other.json.inserted).toBe(2);
    expect((await ingest(token, [], { "Idempotency-Key": "none" })).json).toEqual({ inserted: 0, duplicates: 0 });
    expect((await ingest(token, [EVENT], { "Idempotency-Key": "none" })).status).toBe(422);
  });

  it("answers again when a customer that it named has been deleted since", async ({ expect }) => {
    const token = await grant();
    const { json } = await call("POST", "/v1/customers/", { token, body: { email: "a@example.com" } });
    const events = [{ name: "gen", customer_id: json.id }];
    const first = await ingest(token, events);
    await call("DELETE", `/v1/customers/${json.id}`, { token });
    expect((await ingest(token, events)).text).toBe(first.text);
    expect(problems(await ingest(token, events, { "Idempotency-Key": "new" }))).toEqual(["body.events.0.customer_id customer_id"]); // prettier-ignore
  });

  it("stores the events once when the connection is lost, and of twenty requests at once", async ({ expect }) => {
    const token = await grant();
    for (const after of [false, true]) {
      const headers = { "Idempotency-Key": `lost ${after}` };
      const request = { token, body: { events: [EVENT, EVENT] }, headers };
      const answer = await call("POST", "/v1/events/ingest", { ...request, open: losing({ after }) });
      expect([answer.json, answer.headers.get("Idempotent-Replayed")]).toEqual([{ inserted: 2, duplicates: 0 }, null]);
    }
    expect(await stored()).toBe(4);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ingest(token, [EVENT])));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['{"inserted":1,"duplicates":0}']));
    expect(answers.filter(({ headers }) => headers.get("Idempotent-Replayed") === null)).toHaveLength(1);
    expect(await stored()).toBe(5);
  });
});

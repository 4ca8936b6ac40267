import { describe, it } from "vitest";
import type { OpenStore } from "../../src/store/store.ts";
import { call, grant, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { catchUpAll, event, NAMED, setUp as setUpMeters } from "../support/metering.ts";
import { losing } from "../support/stores.ts";

const REASON = "The tokens were counted twice.";

async function setUp() {
  const scene = await setUpMeters();
  const send = (body: object, key?: string, open?: OpenStore) =>
    call("POST", "/v1/events/void", {
      token: scene.token,
      body: { reason: REASON, ...body },
      open,
      ...(key !== undefined && { headers: { "Idempotency-Key": key } }),
    });
  const list = async (query = "") => (await call("GET", `/v1/events/?${query}`, { token: scene.token })).json.items;
  return { ...scene, send, list };
}

const sent = (external_id: string, n: unknown) => ({ ...event({ n }), external_id });

describe("POST /v1/events/void", () => {
  it("takes events out of what meters have counted, and out of what they have not", async ({ expect }) => {
    const { token, ingest, create, total, send, list } = await setUp();
    const functions = ["sum", "max", "min", "avg", "unique"].map((func) => ({ func, property: "n" }));
    const meters: { id: string }[] = [];
    for (const aggregation of [{ func: "count" }, ...functions])
      meters.push(await create({ filter: NAMED, aggregation }));
    const totals = () => Promise.all(meters.map(({ id }) => total(id)));
    await ingest(sent("a", 0.1), sent("b", 0.2), sent("c", 7), sent("d", 7));
    await catchUpAll();
    await ingest(sent("e", 100));
    expect(await totals()).toEqual([5, 114.3, 100, 0.1, 114.3 / 5, 4]);

    const { status, json } = await send({ events: [{ external_id: "e" }, { external_id: "a" }, { external_id: "c" }] });
    expect([status, json.voided, json.inserted]).toEqual([200, 3, 0]);
    expect(json.events.map(({ result }: { result: string }) => result)).toEqual(["voided", "voided", "voided"]);
    expect(await totals()).toEqual([2, 7.2, 7, 0.2, 3.6, 2]);
    const [first] = await list("external_id=a");
    expect(first).toMatchObject({ voided_at: expect.stringMatching(/Z$/), void_reason: REASON, metadata: { n: 0.1 } });
    expect((await list("external_id=b"))[0]).toMatchObject({ voided_at: null, void_reason: null });

    await send({ events: [{ external_id: "b" }, { external_id: "d" }] });
    expect(await totals()).toEqual([0, 0, 0, 0, 0, 0]);
    const logged = await list("name=event.voided&sorting=timestamp");
    expect(logged).toHaveLength(5);
    expect(logged[0]).toMatchObject({
      source: "system",
      external_customer_id: "c1",
      metadata: { event_id: json.events[0].id, reason: REASON, token_id: expect.any(String) },
    });
    expect(JSON.stringify(logged)).not.toContain(token);
  });

  it("stores replacements with the void or not at all, and a repetition has no effect", async ({ expect }) => {
    const { ingest, create, total, send, list } = await setUp();
    const { id } = await create({ filter: NAMED, aggregation: { func: "sum", property: "n" } });
    await ingest(sent("a", 5), sent("b", 3));
    const problemOf = async (body: object) => problems(await send(body))[0];
    expect(await problemOf({ events: [{ external_id: "a" }], replacements: [sent("a", 4)] })).toContain("external_id");
    expect(await problemOf({ events: [{ external_id: "a" }], replacements: [sent("c", 4), sent("c", 4)] })).toContain(
      "1",
    );
    expect(await problemOf({ events: [{ id: NOBODY }], replacements: [sent("c", 4)] })).toContain("0");
    const unknown = { name: "gen", customer_id: NOBODY };
    expect(await problemOf({ events: [{ external_id: "a" }], replacements: [unknown] })).toContain("customer_id");
    expect(await total(id)).toBe(8);

    const body = { events: [{ external_id: "a" }], replacements: [sent("c", 4)] };
    const first = await send(body);
    expect(first.json).toMatchObject({ voided: 1, inserted: 1, replacements: [{ index: 0, result: "inserted" }] });
    expect(await total(id)).toBe(7);
    expect((await list("external_id=c"))[0].id).toBe(first.json.replacements[0].id);
    const again = await send(body);
    expect(again.json).toMatchObject({ voided: 0, inserted: 0, events: [{ result: "already_voided" }] });
    expect(again.json.replacements).toEqual([{ index: 0, id: first.json.replacements[0].id, result: "duplicate" }]);
    const without = await send({ ...body, replacements: [event({ n: 4 })] });
    expect(without.status).toBe(422);
    expect(await total(id)).toBe(7);

    const keyed = await send({ events: [{ external_id: "b" }], replacements: [event({ n: 1 })] }, "k");
    const replayed = await send({ events: [{ external_id: "b" }], replacements: [event({ n: 1 })] }, "k");
    expect([replayed.json, replayed.headers.get("Idempotent-Replayed")]).toEqual([keyed.json, "true"]);
    expect((await send({ events: [{ external_id: "c" }] }, "k")).status).toBe(422);
    expect(await total(id)).toBe(5);
  });

  it("answers what became of each event, and refuses what is not a request", async ({ expect }) => {
    const { token, ingest, send, list } = await setUp();
    await ingest(sent("a", 5));
    await send({ events: [{ external_id: "a" }] });
    const [system] = await list("source=system");
    const [own] = await list("external_id=a");
    const named = [{ id: own.id }, { id: system.id }, { id: NOBODY }, { external_id: "x" }];
    expect((await send({ events: named })).json.events).toEqual([
      { index: 0, id: own.id, result: "already_voided" },
      { index: 1, id: system.id, result: "not_voidable" },
      { index: 2, id: NOBODY, result: "not_found" },
      { index: 3, id: null, result: "not_found" },
    ]);
    const statusOf = async (body: object) => (await send(body)).status;
    expect(await statusOf({ events: [] })).toBe(422);
    expect(await statusOf({ events: [{ id: own.id, external_id: "a" }] })).toBe(422);
    expect(await statusOf({ events: [{}] })).toBe(422);
    expect(await statusOf({ events: [{ id: own.id }], reason: "" })).toBe(422);
    expect(await statusOf({ events: [{ id: own.id }], reason: "x".repeat(501) })).toBe(422);
    const most = Array.from({ length: 100 }, () => ({ id: NOBODY }));
    expect(await statusOf({ events: most })).toBe(200);
    expect(await statusOf({ events: [...most, { id: NOBODY }] })).toBe(422);
    const many = Array.from({ length: 101 }, () => event());
    expect(await statusOf({ events: [{ id: own.id }], replacements: many })).toBe(422);
    const foreign = await grant({ organization_id: OTHER_ORGANIZATION });
    const answer = await call("POST", "/v1/events/void", {
      token: foreign,
      body: { events: [{ id: own.id }], reason: "r" },
    });
    expect(answer.json.events).toEqual([{ index: 0, id: own.id, result: "not_found" }]);
    expect((await call("POST", "/v1/events/void", { token: await grant({ scopes: ["events:read"] }) })).status).toBe(
      403,
    );
    expect((await call("GET", "/v1/events/", { token })).json.items).toHaveLength(2);
  });

  it("voids and replaces once when an event is named twice, and when the connection is lost, whenever that is", async ({
    expect,
  }) => {
    const { ingest, create, total, send, list } = await setUp();
    const { id } = await create({ filter: NAMED, aggregation: { func: "sum", property: "n" } });
    const ids = Array.from({ length: 8 }, (_, n) => `e${n}`);
    await ingest(...ids.map((external_id) => sent(external_id, 1)));
    await catchUpAll();
    const [first] = await list("external_id=e0");
    let refused = 0;
    for (const [skip, external_id] of ids.entries()) {
      const events = [{ external_id }, skip === 0 ? { id: first.id } : { external_id }];
      const body = { events, replacements: [event({ n: 10 })] };
      let answer = await send(body, undefined, losing({ after: true, times: 1, skip }));
      // A read that is lost is not repeated, and nothing has been written.
      if (answer.status === 503) [answer, refused] = [await send(body), refused + 1];
      expect([answer.status, answer.json.voided, answer.json.inserted]).toEqual([200, 1, 1]);
      expect(answer.json.events).toMatchObject([{ result: "voided" }, { result: "already_voided" }]);
      expect(await total(id)).toBe(8 + 9 * (skip + 1));
      expect(await list("source=system")).toHaveLength(skip + 1);
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(ids.length);
  });

  it("leaves voided events out of lists by meter, and says in explanations that they are voided", async ({
    expect,
  }) => {
    const { token, ingest, create, send, list } = await setUp();
    const { id } = await create({ filter: NAMED });
    const other = await create({ name: "Other", filter: { conjunction: "and", clauses: [{ property: "n", operator: "gt", value: 9 }] } }); // prettier-ignore
    await ingest(sent("a", 5), sent("b", 6));
    await send({ events: [{ external_id: "a" }] });
    const found = async (query: string) => (await list(query)).map((each: { external_id: string }) => each.external_id);
    expect(await found(`meter_id=${id}`)).toEqual(["b"]);
    expect(await found(`meter_id=${id}&voided=true`)).toEqual([]);
    expect(await found("voided=true")).toEqual(["a"]);
    expect(await found("voided=false&source=user")).toEqual(["b"]);
    const [voided] = await list("voided=true");
    const explained = (await call("GET", `/v1/events/${voided.id}/meters`, { token })).json.items;
    expect(explained).toMatchObject([
      { counted: false, value: null, reason: "voided", filter: { holds: true } },
      { meter: { id: other.id }, reason: "filter" },
    ]);
  });

  it("voids each event once, whatever happens at the same time", async ({ expect }) => {
    const { ingest, create, total, send, list } = await setUp();
    const { id } = await create({ filter: NAMED, aggregation: { func: "sum", property: "n" } });
    await ingest(...Array.from({ length: 12 }, (_, n) => sent(`e${n}`, n)));
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, (_, n) => send({ events: [{ external_id: `e${n}` }, { external_id: "e11" }] })),
      catchUpAll(),
      ingest(sent("late", 100)),
    ]);
    expect(answers.slice(0, 4).map((answer) => (answer as { status: number }).status)).toEqual([200, 200, 200, 200]);
    const shared = answers
      .slice(0, 4)
      .map((answer) => (answer as Awaited<ReturnType<typeof send>>).json.events[1].result);
    expect(shared.filter((result) => result === "voided")).toHaveLength(1);
    expect(shared.filter((result) => result === "already_voided")).toHaveLength(3);
    expect(await list("source=system")).toHaveLength(5);
    expect(await total(id)).toBe(4 + 5 + 6 + 7 + 8 + 9 + 10 + 100);
  });
});

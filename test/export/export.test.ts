import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { exportEvents } from "../../src/export/export-events.ts";
import { OBJECT } from "../../src/export/ranges.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { retain } from "../../src/retention/retain.ts";
import type { OpenStore } from "../../src/store/store.ts";
import { call, grant, ORGANIZATION } from "../support/api.ts";
import { bucketWith, exported, failingBucket, keysOf, textOf } from "../support/exporting.ts";
import { usage } from "../support/metering.ts";
import { ACCEPTED, BEFORE, catchUpAndRetain, enough, kept, many, rowsOf, send } from "../support/retaining.ts";
import { decorated, execute, HOME, losing, storeOf, undoing } from "../support/stores.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const PREFIX = `events/${ORGANIZATION}/`;
const at = (now: number, statements = 1000) => new Budget({ statements }, () => now);
const exportAll = (now = ACCEPTED + 2 * DAY) => exportEvents(storeOf(), env.TEST_EXPORT, at(now));
/** The parts of the keys behind the organization, in the order of the numbers. */
const ranges = async () => {
  const rows = await execute<{ day: number; first_seq: number; last_seq: number; exported_at: number | null }>(
    sql`SELECT * FROM exported_objects ORDER BY first_seq`,
  );
  return rows.map(({ day, first_seq, last_seq }) => `dt=${new Date(day).toISOString().slice(0, 10)}/${first_seq}-${last_seq}`); // prettier-ignore
};
const objects = async () => (await keysOf()).map((key) => key.slice(PREFIX.length, -".ndjson.gz".length));

describe("An object of the export", () => {
  it("has a line for each event, as the API answers it, and what is stored besides", async ({ expect }) => {
    const token = await grant();
    const body = { email: "c1@example.com", external_id: "c1" };
    const customer = await call("POST", "/v1/customers/", { token, body });
    await call("DELETE", `/v1/customers/${customer.json.id}`, { token });
    const events = [
      { name: "gen", external_customer_id: " ", external_id: "é 😀\n\"", timestamp: "0001-01-01T00:00:00.001Z", metadata: { "a.b": 1e300, text: "\u2028\\\"\u0001", on: true, tiny: 1e-7, long: 12345678901.25 } },
      { name: "x\ty", external_customer_id: "c1", timestamp: "2026-01-01T23:59:59.999Z", metadata: { _llm: usage(1000), _cost: { amount: "0.10", currency: "usd" } } },
      { name: "gen", external_customer_id: "c1", timestamp: "1969-12-31T23:59:59.998Z" },
    ]; // prettier-ignore
    expect((await call("POST", "/v1/events/ingest", { token, body: { events } })).status).toBe(200);
    const { items } = (await call("GET", "/v1/events/?sorting=timestamp", { token })).json;
    const answers = new Map(items.map((item: any) => [item.id, item]));
    expect(await exportAll(Date.now() + HOUR)).toEqual({ events: 3, hasMore: false, isWaiting: false });
    const lines = await exported();
    const left = new Set(["child_count", "label", "customer"]);
    for (const { seq, generation, ...line } of lines) {
      const answer = Object.entries(answers.get(line.id) as object).filter(([field]) => !left.has(field));
      expect(line).toEqual(Object.fromEntries(answer));
      expect([seq, generation]).toEqual([lines.findIndex(({ id }) => id === line.id) + 1, line.external_customer_id === "c1" ? 0 : null]); // prettier-ignore
    }
    // The order of the fields is a promise.
    expect(Object.keys(lines[0])).toEqual(["seq", "id", "timestamp", "organization_id", "customer_id", "external_customer_id", "parent_id", "name", "source", "metadata", "external_id", "ingested_at", "voided_at", "void_reason", "generation"]); // prettier-ignore
    // Metadata is as it is stored, byte for byte.
    const [row] = (await rowsOf(storeOf())) as { metadata: string }[];
    expect(await textOf((await keysOf())[0]!)).toContain(`"metadata":${row!.metadata},`);
  });

  it("has events of one day of acceptance, in the order of their numbers", async ({ expect }) => {
    for (const day of [0, 0, 1, 0, 3]) await send(storeOf(), many(2), ACCEPTED + day * DAY + 7);
    await exportAll(ACCEPTED + 4 * DAY);
    expect(await ranges()).toEqual(["dt=2026-02-01/1-4", "dt=2026-02-02/5-6", "dt=2026-02-01/7-8", "dt=2026-02-04/9-10"]); // prettier-ignore
    expect((await objects()).toSorted()).toEqual((await ranges()).toSorted());
    expect((await exported()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("fits into memory: it has at most 10,000 events, and 8 MB", async ({ expect }) => {
    for (let i = 0; i < 3; i++) await send(storeOf(), many(4000));
    await send(storeOf(), many(12, { v: "x".repeat(800_000) }));
    await exportAll();
    expect(await ranges()).toEqual(["1-10000", "10001-12008", "12009-12012"].map((range) => `dt=2026-02-01/${range}`));
    expect((await exported()).map(({ seq }) => seq)).toEqual(Array.from({ length: 12_012 }, (_, index) => index + 1));
  });

  it("is written when its first event has waited for an hour, or when it is full", async ({ expect }) => {
    await send(storeOf(), many(3));
    await send(storeOf(), many(3), ACCEPTED + HOUR - 1);
    expect(await exportAll(ACCEPTED + HOUR - 1)).toEqual({ events: 0, hasMore: false, isWaiting: true });
    expect(await exportAll(ACCEPTED + HOUR)).toEqual({ events: 6, hasMore: false, isWaiting: false });
    await send(storeOf(), many(OBJECT.events - 1), ACCEPTED + HOUR);
    expect(await exportAll(ACCEPTED + HOUR)).toMatchObject({ events: 0, isWaiting: true });
    await send(storeOf(), many(2), ACCEPTED + HOUR);
    expect(await exportAll(ACCEPTED + HOUR)).toMatchObject({ events: OBJECT.events, isWaiting: true });
  });

  it("takes no more statements than the job counts on, and as many objects as the budget has", async ({ expect }) => {
    for (const day of [0, 1, 2, 3]) await send(storeOf(), many(1), ACCEPTED + day * DAY);
    const budget = at(ACCEPTED + 4 * DAY, 15);
    expect(await exportEvents(storeOf(), env.TEST_EXPORT, budget)).toMatchObject({ events: 2, hasMore: true });
    expect(budget.spent).toBe(14);
  });
});

/** Where a run is interrupted: which bucket and which store it has. */
const INTERRUPTIONS: [what: string, bucket: () => R2Bucket, open?: () => OpenStore][] = [
  ["before its range is stored", () => env.TEST_EXPORT, () => undoing(() => true)],
  ["when the answer to storing its range is lost", () => env.TEST_EXPORT, () => losing({ after: true, times: 6 })],
  ["before the bucket is looked at", () => failingBucket("head")],
  ["while its events are read", () => env.TEST_EXPORT, () => failingOn("SELECT * FROM events")],
  ["before it is written", () => failingBucket("put")],
  ["after it was written, before that is stored", () => env.TEST_EXPORT, () => failingOn("UPDATE exported_objects")],
  [
    "when the answer to writing it is lost",
    () => bucketWith(async (carryOut, method) => {
      const answer = await carryOut();
      if (method === "put") throw new Error("Network connection lost.");
      return answer;
    }),
  ],
]; // prettier-ignore

/** Stores of which a process is killed when it runs a statement. */
const failingOn = (text: string) =>
  decorated((carryOut, texts) => {
    if (texts.some((each) => each.includes(text))) throw new Error("killed");
    return carryOut();
  });

describe("An interrupted export", () => {
  it.for(INTERRUPTIONS)("loses and doubles nothing: %s", async ([, bucket, open], { expect }) => {
    await send(storeOf(), many(5));
    await send(storeOf(), many(5), ACCEPTED + DAY);
    const store = open === undefined ? storeOf() : open()(env, HOME);
    // Twice, so that a repetition is interrupted too.
    for (let i = 0; i < 2; i++) await exportEvents(store, bucket(), at(ACCEPTED + 2 * DAY)).catch(() => {});
    // What comes meanwhile does not change what a repetition writes.
    await send(storeOf(), many(3), ACCEPTED + DAY);
    await exportAll();
    expect(await ranges()).toEqual(["dt=2026-02-01/1-5", "dt=2026-02-02/6-13"]);
    expect((await objects()).toSorted()).toEqual(await ranges());
    expect((await exported()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    // Nothing is left to do.
    expect(await exportAll()).toEqual({ events: 0, hasMore: false, isWaiting: false });
  });

  it("keeps its events from being deleted until it was repeated", async ({ expect }) => {
    const store = storeOf();
    await send(store, many(3));
    await exportEvents(failingOn("UPDATE exported_objects")(env, HOME), env.TEST_EXPORT, enough()).catch(() => {});
    expect((await objects()).length).toBe(1);
    await catchUpAndRetain(store);
    await send(store, many(3));
    const retainExported = () => retain(store, { before: BEFORE, isExported: true }, enough());
    expect([(await kept(store)).seqs, (await retainExported()).deleted]).toEqual([[4, 5, 6], 0]);
  });

  it("lets whoever comes second go when two run at once", async ({ expect }) => {
    await send(storeOf(), many(4));
    const runs: Promise<unknown>[] = [];
    // The second run begins and ends while the first one is about to write.
    const bucket = bucketWith(async (carryOut, method) => {
      if (method === "put") await exportAll();
      return carryOut();
    });
    runs.push(exportEvents(storeOf(), bucket, at(ACCEPTED + DAY)), exportAll(), exportAll());
    await Promise.all(runs);
    expect([await objects(), (await exported()).length]).toEqual([["dt=2026-02-01/1-4"], 4]);
  });
});

describe("With an export, retention", () => {
  it("deletes only what is exported", async ({ expect }) => {
    const store = storeOf();
    await send(store, many(3));
    await catchUpAndRetain(store);
    expect((await kept(store)).seqs).toEqual([]);
    await send(store, many(3));
    const run = () => retain(store, { before: BEFORE, isExported: true }, enough());
    await catchUpAndRetain(store, failingBucket("put")).catch(() => {});
    expect([(await run()).deleted, (await kept(store)).seqs]).toEqual([0, [4, 5, 6]]);
    await exportAll();
    expect([(await run()).deleted, (await kept(store)).seqs]).toEqual([3, []]);
    expect((await exported()).map(({ seq }) => seq)).toEqual([4, 5, 6]);
  });
});

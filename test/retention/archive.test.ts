import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { insertCustomer } from "../../src/customers/write.ts";
import { createEntry } from "../../src/customer-meters/create-entry.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { restoreEvents } from "../../src/retention/restore.ts";
import { retain } from "../../src/retention/retain.ts";
import type { InvalidFields } from "../../src/errors.ts";
import { sha256 } from "../../src/sha256.ts";
import type { Store } from "../../src/store/store.ts";
import { call, grant, METER, ORGANIZATION } from "../support/api.ts";
import { customerRow } from "../support/customers.ts";
import { eraseAll } from "../support/erasing.ts";
import { DAY as DAY_QUERY, usage } from "../support/metering.ts";
import { ACCEPTED, BEFORE, catchUpAndRetain, enough, kept, many, OLD, rowsOf, send } from "../support/retaining.ts";
import { execute, storeOf, undoing, HOME } from "../support/stores.ts";

const DAY = 86_400_000;
const keysOf = async () => (await env.ARCHIVE.list()).objects.map(({ key }) => key);
const prefix = `${ORGANIZATION}/2026-01-01/`;

/** The lines of all objects, as they are when one decompresses them. */
async function linesOf(bucket = env.ARCHIVE): Promise<any[]> {
  const texts = [];
  for (const key of (await bucket.list()).objects.map((object) => object.key)) {
    const object = (await bucket.get(key))!;
    texts.push(await new Response(object.body.pipeThrough(new DecompressionStream("gzip"))).text());
  }
  return texts.flatMap((text) => text.split("\n").slice(0, -1)).map((line) => JSON.parse(line));
}

/** A bucket in which a call is changed. */
function bucketWith(change: Partial<Record<"put" | "get", (real: R2Bucket, args: any[]) => Promise<unknown>>>): R2Bucket {
  const real = env.ARCHIVE;
  const method = (name: "put" | "get") => (...args: any[]) => change[name] ? change[name](real, args) : (real[name] as any)(...args); // prettier-ignore
  return { put: method("put"), get: method("get"), list: real.list.bind(real) } as unknown as R2Bucket;
} // prettier-ignore

/** Restores days until it is done. */
async function restoreAll(store: Store, from: string, to: string, bucket = env.ARCHIVE) {
  const sum = { restored: 0, skipped: 0, steps: 0 };
  for (let cursor: string | null = null; ;) {
    const step = await restoreEvents(store, bucket, { from, to, cursor }, null);
    cursor = step.cursor;
    sum.restored += step.restored;
    sum.skipped += step.skipped;
    if (step.done) return sum;
    sum.steps++;
  }
}

describe("The archive", () => {
  it("has each deleted event with every column, one object for each day", async ({ expect }) => {
    const store = storeOf();
    const token = await grant();
    const customer = await call("POST", "/v1/customers/", {
      token,
      body: { email: "c1@example.com", external_id: "c1" },
    });
    await call("DELETE", `/v1/customers/${customer.json.id}`, { token });
    const events = [
      { name: "gen", external_customer_id: " ", external_id: "é 😀\n\"", timestamp: "2026-01-01T00:00:00.001Z", metadata: { "a.b": 1e300, text: "\u2028\\\"\u0001", on: true, tiny: 1e-7, long: 12345678901.25 } },
      { name: "x\ty", external_customer_id: "c1", timestamp: "2026-01-01T23:59:59.999Z", metadata: { _llm: usage(1000), _cost: { amount: "0.10", currency: "usd" } } },
      { name: "gen", external_customer_id: "c1", timestamp: "2026-01-02T00:00:00Z" },
      { name: "gen", external_customer_id: "c1", timestamp: "2026-01-20T00:00:00Z" },
    ]; // prettier-ignore
    expect((await call("POST", "/v1/events/ingest", { token, body: { events } })).status).toBe(200);
    await execute(sql`UPDATE events SET ingested_at = ${ACCEPTED}`);
    const before = await rowsOf(store);
    expect((await catchUpAndRetain(store, env.ARCHIVE)).deleted).toBe(3);
    expect(await keysOf()).toEqual([
      expect.stringMatching(`^${prefix}1-2-[0-9a-f]{8}\\.ndjson\\.gz$`),
      expect.stringMatching(`^${ORGANIZATION}/2026-01-02/3-3-[0-9a-f]{8}\\.ndjson\\.gz$`),
    ]);
    const lines = await linesOf();
    const columns = before.slice(0, 3).map((row: any) => ({ ...row, metadata: JSON.parse(row.metadata) }));
    expect(lines).toEqual(columns);
    expect(Object.keys(lines[0])).toEqual(Object.keys(before[0] as object));
    expect(await restoreAll(store, "2026-01-01", "2026-01-02")).toEqual({ restored: 3, skipped: 0, steps: 2 });
    expect(await rowsOf(store)).toEqual(before);
  });

  it("has several objects of a day with more events, and of late ones", async ({ expect }) => {
    const store = storeOf();
    for (let i = 0; i < 3; i++) await send(store, many(4000));
    await catchUpAndRetain(store, env.ARCHIVE);
    await send(store, many(2));
    await catchUpAndRetain(store, env.ARCHIVE);
    const keys = (await keysOf()).map((key) => key.slice(prefix.length, -19));
    expect(keys).toEqual(["1-10000", "10001-12000", "12001-12002"]);
    expect(await restoreAll(store, "2026-01-01", "2026-01-01")).toEqual({ restored: 12_002, skipped: 0, steps: 3 });
  });

  it("has the days of times before 1970", async ({ expect }) => {
    const store = storeOf();
    await send(store, [-1, -DAY, -DAY - 1, 0].map((timestamp) => ({ timestamp }))); // prettier-ignore
    await catchUpAndRetain(store, env.ARCHIVE);
    const keys = (await keysOf()).map((key) => key.slice(ORGANIZATION.length + 1, -19));
    expect(keys).toEqual(["1969-12-30/3-3", "1969-12-31/1-2", "1970-01-01/4-4"]);
    expect(await restoreAll(store, "1969-12-31", "1969-12-31")).toMatchObject({ restored: 2 });
  });

  it("has parts of large events that fit into memory", async ({ expect }) => {
    const store = storeOf();
    await send(store, many(12, { v: "x".repeat(800_000) }));
    await catchUpAndRetain(store, env.ARCHIVE);
    const keys = (await keysOf()).map((key) => key.slice(prefix.length, -19));
    expect(keys.toSorted()).toEqual(["1-9", "10-12"]);
    expect((await restoreAll(store, "2026-01-01", "2026-01-01")).restored).toBe(12);
  });

  it.for<[what: string, bucket: () => R2Bucket]>([
    ["cannot be written", () => bucketWith({ put: async () => { throw new Error("R2 is down"); } })],
    ["cannot be read back", () => bucketWith({ get: async () => { throw new Error("R2 is down"); } })],
    ["has lost what was written", () => bucketWith({ get: async () => null })],
    ["has something else than was written", () => bucketWith({ put: (real, [key, body, options]) => real.put(key, body.slice(0, -9), { ...options, sha256: undefined }) })],
    ["has fewer events than were written", () => bucketWith({ put: async (real, [key, , options]) => {
      const some = new Response(new Response("{}\n").body!.pipeThrough(new CompressionStream("gzip")));
      return real.put(key, await some.arrayBuffer(), { customMetadata: options.customMetadata });
    } })],
    ["has as many other events", () => bucketWith({ put: async (real, [key, { byteLength: size }, options]) => {
      const text = "{}\n".repeat(3);
      const some = new Response(new Response(text).body!.pipeThrough(new CompressionStream("gzip")));
      const customMetadata = { ...options.customMetadata, sha256: await sha256(text) };
      return { ...(await real.put(key, await some.arrayBuffer(), { customMetadata })), size };
    } })],
    ["reports another size", () => bucketWith({ put: async (real, [key, body, options]) => ({ ...(await real.put(key, body, options)), size: 1 }) })],
  ])("keeps everything from being deleted when it %s", async ([, bucket], { expect }) => {
    const store = storeOf();
    await send(store, many(3));
    await expect(catchUpAndRetain(store, bucket())).rejects.toThrow();
    expect(await kept(store)).toEqual({ seqs: [1, 2, 3], eventsFrom: null });
    expect((await catchUpAndRetain(store, env.ARCHIVE)).deleted).toBe(3);
  }); // prettier-ignore

  it("is the same when a run is interrupted at any step and repeated", async ({ expect }) => {
    const store = storeOf();
    await send(store, many(1500));
    const before = await rowsOf(store);
    await catchUp(store, enough());
    let toUndo = 0;
    const open = undoing(() => toUndo-- === 0);
    // After the object was written; after some of its events were deleted; and when everything is done.
    for (const undone of [0, 1, 2]) {
      toUndo = undone;
      const run = retain(open(env, HOME), { before: BEFORE, archive: env.ARCHIVE }, enough());
      if (undone < 2) await expect(run).rejects.toThrow();
      else await run;
    }
    expect((await kept(store)).seqs).toEqual([]);
    // What was left after the second interruption is in two objects.
    const keys = (await keysOf()).map((key) => key.slice(prefix.length, -19));
    expect(keys.toSorted()).toEqual(["1-1500", "501-1500"]);
    expect(await restoreAll(store, "2026-01-01", "2026-01-01")).toMatchObject({ restored: 1500, skipped: 1000 });
    expect(await rowsOf(store)).toEqual(before);
  });
});

describe("Restoring", () => {
  it("leaves quantities and balances as they are, moves events_from back, and can be repeated", async ({ expect }) => {
    const store = storeOf();
    const token = await grant();
    const { json: meter } = await call("POST", "/v1/meters/", { token, body: METER });
    const customer = { email: "a@example.com", external_id: "c1" };
    const { json: owner } = await call("POST", "/v1/customers/", { token, body: customer });
    await send(store, [{}, {}, { timestamp: OLD + DAY }, { timestamp: OLD + 3 * DAY }]);
    const before = await rowsOf(store);
    await catchUpAndRetain(store, env.ARCHIVE);
    const counted = async () => [
      (await call("GET", `/v1/meters/${meter.id}/quantities?${DAY_QUERY}`, { token })).json.total,
      (await call("GET", `/v1/customers/${owner.id}/state`, { token })).json.active_meters[0].consumed_units,
    ];
    // A part in the middle can be restored, but then earlier and later events are still missing.
    expect(await restoreAll(store, "2026-01-02", "2026-01-02")).toEqual({ restored: 1, skipped: 0, steps: 1 });
    expect(await kept(store)).toEqual({ seqs: [3], eventsFrom: OLD + 4 * DAY });
    expect(await restoreAll(store, "2026-01-02", "2026-01-31")).toEqual({ restored: 1, skipped: 1, steps: 2 });
    expect(await kept(store)).toEqual({ seqs: [3, 4], eventsFrom: OLD + DAY });
    // Nothing was archived before.
    await restoreAll(store, "2025-12-01", "2026-01-31");
    expect(await kept(store)).toEqual({ seqs: [1, 2, 3, 4], eventsFrom: OLD });
    expect(await restoreAll(store, "2026-01-01", "2026-01-31")).toMatchObject({ restored: 0, skipped: 4 });
    expect(await rowsOf(store)).toEqual(before);
    await catchUp(store, enough());
    expect(await counted()).toEqual([2, 4]);
    // A meter that is created now counts them too.
    const { json: later } = await call("POST", "/v1/meters/", { token, body: METER });
    const quantities = await call("GET", `/v1/meters/${later.id}/quantities?${DAY_QUERY}`, { token });
    expect([quantities.json.total, quantities.headers.get("Events-From")]).toEqual([2, null]);
    expect((await catchUpAndRetain(store, env.ARCHIVE)).deleted).toBe(4);
    expect(await counted()).toEqual([2, 4]);
    expect(await keysOf()).toHaveLength(3);
  });

  it("refuses days that would be deleted again, and what is not a range of days", async ({ expect }) => {
    const refused = (from: string, to: string, retention: number | null = null) =>
      restoreEvents(storeOf(), env.ARCHIVE, { from, to }, retention === null ? null : { before: retention, archive: env.ARCHIVE })
        .then(() => [], ({ problems }: InvalidFields) => problems.map(({ field, type }) => `${field.join(".")} ${type}`)); // prettier-ignore
    expect(await refused("2026-01-09", "2026-01-20", BEFORE)).toEqual(["from value_error"]);
    expect(await refused("2026-01-10", "2026-01-20", BEFORE)).toEqual([]);
    expect(await refused("2026-01-02", "2026-01-01")).toEqual(["to value_error"]);
    for (const wrong of ["", "2026-13-01", "2026-02-30T00", "1"]) {
      expect(await refused(wrong, "2026-01-20")).toEqual(["from value_error"]);
    }
  });

  it("skips an event whose external_id another one has, and goes on where it stopped", async ({ expect }) => {
    const store = storeOf();
    await send(store, [{ external_id: "x" }, { external_id: "y" }]);
    await catchUpAndRetain(store, env.ARCHIVE);
    await send(store, [{ external_id: "x", timestamp: BEFORE }]);
    expect(await restoreAll(store, "2026-01-01", "2026-01-01")).toEqual({ restored: 1, skipped: 1, steps: 1 });
    expect((await kept(store)).seqs).toEqual([2, 3]);
  });

  it("refuses a damaged object", async ({ expect }) => {
    const store = storeOf();
    await send(store, [{}]);
    await catchUpAndRetain(store, env.ARCHIVE);
    const [key] = await keysOf();
    await env.ARCHIVE.put(key!, await new Response(new Response("[]\n").body!.pipeThrough(new CompressionStream("gzip"))).arrayBuffer()); // prettier-ignore
    await expect(restoreAll(store, "2026-01-01", "2026-01-01")).rejects.toThrow("missing or damaged");
  });

  it("leaves out whatever belongs to a customer that was erased meanwhile, or is being erased", async ({ expect }) => {
    const store = storeOf();
    const { json: meter } = await call("POST", "/v1/meters/", { token: await grant(), body: METER });
    const [gone, going, other] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    for (const [id, external] of [[gone, "gone"], [going, "going"], [other, "other"]] as const) {
      await insertCustomer(store, customerRow(ORGANIZATION, id, external));
      await createEntry(store, { customer_id: id, meter_id: meter.id }, { kind: "credit", units: 1, metadata: {} }, null, OLD);
    }
    const identities = [gone, going, other].flatMap((id) => [{ customer_id: id }]);
    await send(store, [
      ...identities,
      ...["gone", "going", "other"].map((external_customer_id) => ({ external_customer_id })),
      { customer_id: other, external_customer_id: "gone" },
      { customer_id: other, external_customer_id: "other" },
    ]);
    expect((await catchUpAndRetain(store, env.ARCHIVE)).deleted).toBe(11);
    await eraseAll(store, gone);
    await execute(sql`UPDATE customers SET deleted_at = 1, deleted_seq = 11, erased_bucket = 0 WHERE id = ${going}`);
    expect(await restoreAll(store, "2026-01-01", "2026-01-01")).toMatchObject({ restored: 5, skipped: 6 });
    const rows = await execute<any>(sql`SELECT source, customer_id, external_customer_id FROM events ORDER BY seq`);
    expect(rows.map((row) => [row.source, row.customer_id, row.external_customer_id])).toEqual([
      ["system", other, null],
      ["user", other, null],
      ["user", null, "other"],
      ["user", other, null],
      ["user", other, "other"],
    ]);
  }); // prettier-ignore
});

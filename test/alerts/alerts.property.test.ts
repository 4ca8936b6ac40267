import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, it } from "vitest";
import { createAlert } from "../../src/alerts/create.ts";
import { deleteAlert, updateAlert } from "../../src/alerts/update.ts";
import { consume } from "../../src/customer-meters/consume.ts";
import { createEntry } from "../../src/customer-meters/create-entry.ts";
import { deleteCustomer } from "../../src/customers/delete.ts";
import { insertCustomer, writeCustomer } from "../../src/customers/write.ts";
import { append } from "../../src/events/append.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { newMeter } from "../../src/meters/create.ts";
import { insertMeter } from "../../src/meters/queries.ts";
import { AlertModel, type Basis } from "../support/alert-model.ts";
import { cases } from "../support/cases.ts";
import { customerRow } from "../support/customers.ts";
import { execute, losing, objectOf, STORE, storeOf } from "../support/stores.ts";

const CASES = cases(1 / 4);
const NOW = Date.parse("2026-01-01T00:00:00Z");
const FUNCS = ["sum", "avg", "unique"] as const;
const EXTERNAL_IDS = ["a", "b"];

const meter = fc.nat(FUNCS.length - 1);
const customer = fc.nat(2);
const value = fc.integer({ min: -8, max: 24 }).map((k) => k / 4);
const basis = fc.constantFrom<Basis[]>("consumed_units", "balance", "consumed_percent");
const thresholds = fc.uniqueArray(fc.constantFrom(-2, 0, 1, 2, 3, 5, 8, 50, 100), { minLength: 1, maxLength: 3 });
const identity = fc.oneof(customer, fc.constantFrom(...EXTERNAL_IDS));
type Step =
  | { kind: "ingest"; events: [who: number | string, v: number][] }
  | { kind: "catch up"; chunk: number; statements: number; meters: number }
  | { kind: "consume"; customer: number; meter: number; v: number }
  | { kind: "credit"; customer: number; meter: number; units: number }
  | { kind: "reset"; customer: number; meter: number }
  | { kind: "link"; customer: number; externalId: string }
  | { kind: "replace"; customer: number; externalId: string | null }
  | { kind: "alert"; customer: number | null; meter: number; basis: Basis; thresholds: number[] }
  | { kind: "change"; alert: number; thresholds: number[] | null; enabled: boolean | null }
  | { kind: "delete"; alert: number };
const of = <K extends Step["kind"]>(
  kind: K,
  shape: { [P in keyof Omit<Step & { kind: K }, "kind">]: fc.Arbitrary<(Step & { kind: K })[P]> },
) => fc.record({ kind: fc.constant(kind), ...shape }) as unknown as fc.Arbitrary<Step>;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: of("ingest", { events: fc.array(fc.tuple(identity, value), { minLength: 1, maxLength: 5 }) }) },
  { weight: 5, arbitrary: of("catch up", { chunk: fc.constantFrom(1, 3, 100), statements: fc.constantFrom(8, 30, 100), meters: fc.constantFrom(1, 3) }) },
  { weight: 4, arbitrary: of("consume", { customer, meter, v: value }) },
  { weight: 3, arbitrary: of("credit", { customer, meter, units: fc.integer({ min: -8, max: 10 }).filter((units) => units !== 0) }) },
  { weight: 2, arbitrary: of("reset", { customer, meter }) },
  { weight: 2, arbitrary: of("link", { customer, externalId: fc.constantFrom(...EXTERNAL_IDS) }) },
  { weight: 1, arbitrary: of("replace", { customer, externalId: fc.option(fc.constantFrom(...EXTERNAL_IDS)) }) },
  { weight: 4, arbitrary: of("alert", { meter, customer: fc.option(customer, { freq: 3 }), basis, thresholds }) },
  { weight: 2, arbitrary: of("change", { alert: fc.nat(), thresholds: fc.option(thresholds), enabled: fc.option(fc.boolean()) }) },
  { weight: 1, arbitrary: of("delete", { alert: fc.nat() }) },
); // prettier-ignore
/** Whether a step loses its connection, and then after what was done or before. */
const loss = fc.option(fc.record({ after: fc.boolean(), times: fc.constantFrom(1, 2) }), { freq: 3 });

describe("Triggers", () => {
  it(`are those of a plain model after any events, changes and catch-ups (${CASES} cases)`, async ({ expect }) => {
    const program = fc.array(fc.tuple(step, loss), { minLength: 6, maxLength: 24 });
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        const scene = await openScene();
        await scene.take(
          { kind: "alert", meter: 0, customer: null, basis: "consumed_units", thresholds: [2, 5] },
          null,
        );
        for (const [each, lost] of steps) {
          await scene.stopAlarm();
          await scene.take(each, lost);
          await scene.followSeq();
          expect(await scene.found(), each.kind).toEqual(scene.expected());
        }
      }),
      { numRuns: CASES },
    );
  });
});

/** An organization with a meter for each function and three customers, and the model of it. */
async function openScene() {
  const organization = crypto.randomUUID();
  const home = { organizationId: organization, store: STORE };
  const store = storeOf(organization);
  const filter = { conjunction: "and" as const, clauses: [] };
  const rows = FUNCS.map((func, i) => newMeter(organization, { name: `Meter ${i}`, filter, aggregation: { func, property: "v" }, metadata: {}, unit: "scalar", custom_label: null, custom_multiplier: null, organization_id: null }, NOW + i)); // prettier-ignore
  for (const row of rows) await insertMeter(store, row);
  const meters = rows.map(({ id }) => id);
  const model = new AlertModel(FUNCS);
  const [customers, alerts]: [string[], string[]] = [[], []];
  /** The numbers of the three customers that are not deleted. */
  const current = [0, 1, 2];
  const addCustomer = async (externalId: string | null) => {
    const id = crypto.randomUUID();
    await insertCustomer(store, customerRow(organization, id, externalId));
    customers.push(id);
    model.addCustomer(externalId);
  };
  for (const _ of current) await addCustomer(null);
  const isFree = (externalId: string) => model.customers.every((each) => each?.externalId !== externalId);
  const watermarks = async () => {
    const read = sql<{ id: string; watermark: number }>`SELECT id, watermark FROM meters WHERE organization_id = ${organization}`; // prettier-ignore
    const found = new Map((await execute(read, organization)).map((row) => [row.id, row.watermark]));
    return meters.map((id) => found.get(id)!);
  };
  /** Tells the model how far a catch-up has come, in steps of its chunks. */
  const following = async (chunk: number, act: () => Promise<unknown>) => {
    const before = await watermarks();
    await act();
    const after = await watermarks();
    for (const number of meters.keys()) {
      for (let from = before[number]!; from < after[number]!;) {
        const to = Math.min((Math.floor(from / chunk) + 1) * chunk, after[number]!);
        model.catchUp(number, from, to);
        from = to;
      }
    }
  };

  const take = async (each: Step, lost: { after: boolean; times: number } | null) => {
    // The first round trip of most use cases reads, and is repeated by an object only.
    const opened = (skip: number) => (lost === null ? store : losing({ ...lost, skip })(env, home));
    const numberOf = (who: number) => current[who]!;
    switch (each.kind) {
      case "ingest": {
        const sent = each.events.map(([who, v]) => ({ customer_id: typeof who === "number" ? customers[numberOf(who)]! : null, external_customer_id: typeof who === "number" ? null : who, name: "use", timestamp: NOW, external_id: null, parent_id: null, metadata: { v } })); // prettier-ignore
        await append(store, sent, { source: "user", compare: false, now: NOW });
        return model.ingest(each.events.map(([who, v]) => [typeof who === "number" ? numberOf(who) : who, v]));
      }
      case "catch up":
        return following(each.chunk, () => catchUp(store, new Budget(each), each));
      case "consume": {
        const number = numberOf(each.customer);
        const ref = { customer_id: customers[number]!, meter_id: meters[each.meter]! };
        const event = { customer_id: customers[number]!, external_customer_id: null, name: "use", timestamp: NOW, external_id: null, parent_id: null, metadata: { v: each.v } }; // prettier-ignore
        const { outcome } = await consume(store, ref, event, -20, NOW);
        if (outcome === null) return;
        model.ingest([[number, each.v]]);
        return model.evaluate(number, each.meter);
      }
      case "credit":
      case "reset": {
        const number = numberOf(each.customer);
        const ref = { customer_id: customers[number]!, meter_id: meters[each.meter]! };
        const entry = each.kind === "credit" ? { kind: each.kind, units: each.units, metadata: {} } : { kind: each.kind, rollover: false }; // prettier-ignore
        await createEntry(opened(1), ref, entry, null, NOW);
        return each.kind === "credit" ? model.credit(number, each.meter, each.units) : model.reset(number, each.meter);
      }
      case "link": {
        const number = numberOf(each.customer);
        if (model.customers[number]!.externalId !== null || !isFree(each.externalId)) return;
        const row = customerRow(organization, customers[number]!, null);
        await writeCustomer(store, row, { external_id: each.externalId, version: 2, modified_at: NOW });
        return model.link(number, each.externalId);
      }
      case "replace": {
        await deleteCustomer(store, { id: customers[numberOf(each.customer)]! }, false, NOW);
        model.deleteCustomer(numberOf(each.customer));
        current[each.customer] = customers.length;
        return addCustomer(each.externalId !== null && isFree(each.externalId) ? each.externalId : null);
      }
      case "alert": {
        const who = each.customer === null ? null : numberOf(each.customer);
        const alert = { name: "Alert", meter_id: meters[each.meter]!, customer_id: who === null ? null : customers[who]!, basis: each.basis, thresholds: each.thresholds, enabled: true }; // prettier-ignore
        await following(Infinity, async () => {
          const { answer } = (await createAlert(opened(1), alert, null, NOW))!;
          alerts.push(JSON.parse(answer).id);
        });
        return model.arm(alerts.length - 1, { ...each, customer: who, enabled: true });
      }
      case "change": {
        const index = each.alert % alerts.length;
        const before = model.alerts[index];
        if (before === null || before === undefined) return;
        const changes = { ...(each.thresholds && { thresholds: each.thresholds }), ...(each.enabled !== null && { enabled: each.enabled }) }; // prettier-ignore
        await following(Infinity, () => updateAlert(store, alerts[index]!, changes, NOW));
        return model.arm(index, { ...before, ...changes });
      }
      case "delete": {
        const index = each.alert % alerts.length;
        if (model.alerts[index] === null) return;
        await deleteAlert(store, alerts[index]!);
        return model.arm(index, null);
      }
    }
  };

  /** Repetitions of an entry use numbers of the log that no event has. */
  const followSeq = async () => {
    const read = sql<{ last_seq: number }>`SELECT last_seq FROM organizations WHERE id = ${organization}`;
    const [row] = await execute(read, organization);
    model.seq = row?.last_seq ?? 0;
  };
  /** An object must not catch up by itself, because the model would not know how far. */
  const stopAlarm = async () => {
    if (STORE === "object") await runInDurableObject(objectOf(organization), (_, { storage }) => storage.deleteAlarm());
  };

  const sorted = (triggers: unknown[]) => triggers.map((each) => JSON.stringify(each)).toSorted();
  const found = async () => {
    type Row = { alert_id: string; customer_id: string; thresholds: string; value: number };
    const read = sql<Row>`SELECT * FROM alert_triggers WHERE organization_id = ${organization}`;
    return sorted((await execute(read, organization)).map((row) => [alerts.indexOf(row.alert_id), customers.indexOf(row.customer_id), JSON.parse(row.thresholds).toSorted((a: number, b: number) => a - b), row.value])); // prettier-ignore
  };
  return { take, followSeq, stopAlarm, found, expected: () => sorted(model.triggers) };
}

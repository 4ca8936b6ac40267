import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, it } from "vitest";
import { createEntry } from "../../src/customer-meters/create-entry.ts";
import { listCustomerMeters } from "../../src/customer-meters/queries.ts";
import { deleteCustomer } from "../../src/customers/delete.ts";
import { findCustomer } from "../../src/customers/queries.ts";
import { insertCustomer, writeCustomer } from "../../src/customers/write.ts";
import { compile } from "../../src/engine/definition/definition.ts";
import { computeQuantities } from "../../src/engine/reading/quantities.ts";
import { windowOf } from "../../src/engine/reading/window.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { append } from "../../src/events/append.ts";
import { listEvents } from "../../src/events/queries.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { newMeter } from "../../src/meters/create.ts";
import { insertMeter } from "../../src/meters/queries.ts";
import { BalanceModel, type ModelAggregation } from "../support/balance-model.ts";
import { cases } from "../support/cases.ts";
import { customerRow } from "../support/customers.ts";
import { eraseAll } from "../support/erasing.ts";
import { execute, storeOf } from "../support/stores.ts";

const CASES = cases(1 / 8);
const NOW = Date.parse("2026-01-01T00:00:00Z");
const FILTER = { conjunction: "and" as const, clauses: [] };
const METERS: ModelAggregation[] = [{ func: "count" }, { func: "sum", property: "v" }, { func: "max", property: "v" }, { func: "unique", property: "v" }]; // prettier-ignore
const TEXTS = ["x", "y", "0:x"];
const PLENTY = { statements: 900, examined: 1000, erased: 1000, buckets: 100 };

const slot = fc.nat(2);
const text = fc.constantFrom("x", "x", ...TEXTS);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("ingest" as const), events: fc.array(fc.tuple(fc.oneof(slot, text, text), fc.nat(40)), { minLength: 1, maxLength: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("create" as const), slot, text: fc.option(text, { freq: 4 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("delete" as const), slot, how: fc.constantFrom("plain" as const, "anonymize" as const, "events" as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("again" as const), slot, how: fc.constantFrom("plain" as const, "anonymize" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("erase" as const), which: fc.nat(3), isSlow: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("link" as const), slot, text }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("credit" as const), slot, meter: fc.nat(3), units: fc.integer({ min: 1, max: 50 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("reset" as const), slot, meter: fc.nat(3), rollover: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("catch up" as const), chunk: fc.constantFrom(1, 3, 100), statements: fc.constantFrom(6, 12, 100) }) },
); // prettier-ignore
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe("An external id that customers have one after the other", () => {
  it(`means what a plain model says, whatever is created, deleted and erased (${CASES} cases)`, async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24, size: "max" }), async (steps) => {
        const scene = await openScene();
        for (const index of [0, 1, 2]) await scene.take({ kind: "create", slot: index, text: TEXTS[index]! });
        for (const each of steps) {
          await scene.take(each);
          expect(await scene.found()).toEqual(scene.expected());
        }
        await catchUp(scene.store, new Budget({ statements: 500 }));
        expect(await scene.found()).toEqual(scene.expected());
        // Nothing is remembered of an external id when every customer that had it is erased, and nobody sends it.
        for (const id of scene.everybody()) await scene.erase(id, PLENTY);
        const left = sql`SELECT external_id FROM generations WHERE organization_id = ${scene.store.organizationId}`;
        const rows = await execute<{ external_id: string }>(left, scene.store.organizationId);
        const sent = new Set(scene.model.allEvents().map(({ external_customer_id }) => external_customer_id));
        expect(rows.filter(({ external_id }) => !sent.has(external_id))).toEqual([]);
      }),
      { numRuns: CASES },
    );
  });
});

/** An organization with four meters and room for three customers at a time, and the model of it. */
async function openScene() {
  const store = storeOf(crypto.randomUUID());
  const { organizationId } = store;
  const rows = METERS.map((aggregation, i) => newMeter(organizationId, { name: `Meter ${i}`, filter: FILTER, aggregation, metadata: {}, unit: "scalar", custom_label: null, custom_multiplier: null, organization_id: null }, NOW + i)); // prettier-ignore
  for (const row of rows) await insertMeter(store, row);
  const meters = rows.map(({ id }) => id);
  const model = new BalanceModel(meters.map((id, i) => ({ id, ...METERS[i]! })));
  const present: (string | undefined)[] = [];
  const former: string[] = [];

  const erase = async (id: string, limits?: typeof PLENTY) => {
    if (present.includes(id)) model.deleteCustomer(id);
    await eraseAll(store, id, undefined, limits);
    model.erase(id);
    if (former.includes(id)) former.splice(former.indexOf(id), 1);
    for (const [index, each] of present.entries()) if (each === id) present[index] = undefined;
  };

  const remove = async (id: string, index: number, how: "plain" | "anonymize" | "events") => {
    if (how === "events") return erase(id, PLENTY);
    await deleteCustomer(store, { id }, how === "anonymize", NOW);
    model.deleteCustomer(id);
    former.push(id);
    present[index] = undefined;
  };

  const take = async (each: Step): Promise<unknown> => {
    if (each.kind === "catch up") return catchUp(store, new Budget(each), each);
    if (each.kind === "erase") {
      const id = former[each.which];
      return id === undefined ? undefined : erase(id, each.isSlow ? undefined : PLENTY);
    }
    if (each.kind === "ingest") {
      const events = each.events.flatMap(([of, v]) => {
        const customer_id = typeof of === "number" ? present[of] : null;
        return customer_id === undefined ? [] : [{ customer_id, external_customer_id: typeof of === "number" ? null : of, v }]; // prettier-ignore
      });
      await append(store, events.map(({ v, ...ids }) => ({ ...ids, name: "use", timestamp: NOW + v * 60_000, external_id: null, parent_id: null, metadata: { v } })), { source: "user", compare: false, now: NOW }); // prettier-ignore
      return model.ingest(events);
    }
    const id = present[each.slot];
    if (each.kind === "create") {
      if (id !== undefined) return;
      const external_id = model.isFree(each.text) ? each.text : null;
      const created = (present[each.slot] = crypto.randomUUID());
      await insertCustomer(store, customerRow(organizationId, created, external_id));
      return model.addCustomer(created, external_id);
    }
    if (id === undefined) return;
    if (each.kind === "delete") return remove(id, each.slot, each.how);
    if (each.kind === "again") {
      await remove(id, each.slot, each.how);
      return take({ kind: "create", slot: each.slot, text: TEXTS[each.slot]! });
    }
    if (each.kind === "link") {
      if (!model.link(id, each.text)) return;
      return writeCustomer(store, customerRow(organizationId, id, null), { external_id: each.text, version: 2, modified_at: 1 }); // prettier-ignore
    }
    const ref = { customer_id: id, meter_id: meters[each.meter]! };
    await createEntry(store, ref, each.kind === "credit" ? { ...each, metadata: {} } : each, null, NOW);
    if (each.kind === "credit") model.credit(id, ref.meter_id, each.units);
    else model.reset(id, ref.meter_id, each.rollover);
  };

  const own = () => present.filter((id) => id !== undefined);

  const listed = async (query: object) => {
    const { rows: found } = await listEvents(store, { limit: 100, offset: 0, metadata: [], source: ["user"], ...query } as never, null); // prettier-ignore
    return found.map(({ metadata }) => (JSON.parse(metadata) as { v: number }).v).toSorted((a, b) => a - b);
  };

  const window = windowOf({ start: NOW, end: NOW, interval: "day", timezone: "UTC" });
  const sums = async (customers: object) => {
    const source = { rollupsOf: meters[1]!, definitionVersion: 1 };
    const definition = compile({ filter: FILTER, aggregation: METERS[1] as never });
    return (await computeQuantities(store, definition, { window, customers, metadata: [] }, source))!.total;
  };

  const found = async () => {
    const { rows: balances } = await listCustomerMeters(store, { limit: 100, offset: 0 }, Date.now());
    const of = async (customers: object, query: object) => [await listed(query), await sums(customers)];
    return {
      balances: Object.fromEntries(balances.map(({ customer_id, id, consumed_units, credited_units, balance }) => [`${customer_id} ${id}`, { consumed_units, credited_units, balance }])), // prettier-ignore
      customers: await Promise.all(own().map(async (id) => [(await findCustomer(store, { id })).first_user_event_at, ...(await of({ ids: [id] }, { customer_id: [id] }))])), // prettier-ignore
      texts: await Promise.all(TEXTS.map((each) => of({ externalIds: [each] }, { external_customer_id: [each] }))),
      all: await of({}, {}),
    };
  };

  const expected = () => {
    const of = (events: { v: unknown }[]) => {
      const numbers = events.map(({ v }) => v as number).toSorted((a, b) => a - b);
      return [numbers, numbers.reduce((sum, v) => sum + v, 0)] as const;
    };
    const customers = own().map((id) => {
      const [numbers, sum] = of(model.eventsOf(id));
      return [numbers.length === 0 ? null : NOW + numbers[0]! * 60_000, numbers, sum];
    });
    return { balances: model.balances(), customers, texts: TEXTS.map((each) => of(model.eventsOfText(each))), all: of(model.allEvents()) }; // prettier-ignore
  };
  return { store, model, take, found, expected, erase, everybody: () => [...own(), ...former] };
}

import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, it } from "vitest";
import { createEntry } from "../../src/customer-meters/create-entry.ts";
import { listCustomerMeters } from "../../src/customer-meters/queries.ts";
import { insertCustomer, writeCustomer } from "../../src/customers/write.ts";
import { Budget } from "../../src/jobs/budget.ts";
import type { Aggregation } from "../../src/engine/definition/aggregation.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { compile } from "../../src/engine/definition/definition.ts";
import { toGroups } from "../../src/engine/reading/groups.ts";
import { groupsSql } from "../../src/engine/reading/groups-sql.ts";
import { computeQuantities } from "../../src/engine/reading/quantities.ts";
import { windowOf } from "../../src/engine/reading/window.ts";
import { newMeter } from "../../src/meters/create.ts";
import { insertMeter } from "../../src/meters/queries.ts";
import { retain } from "../../src/retention/retain.ts";
import { customerRow } from "../support/customers.ts";
import { eraseAll } from "../support/erasing.ts";
import { wrongCounts } from "../support/event-counts.ts";
import { ACCEPTED, OLD, send } from "../support/retaining.ts";
import { execute, storeOf } from "../support/stores.ts";
import { cases } from "../support/cases.ts";
import { picks, voidSeqs, voidSome } from "../support/voiding.ts";

const CASES = cases(1 / 16);
const DAY = 86_400_000;
const FILTER = { conjunction: "and" as const, clauses: [] };
const AGGREGATIONS: Aggregation[] = [
  { func: "count" },
  ...(["sum", "max", "min", "avg", "unique"] as const).map((func) => ({ func, property: "v" })),
];
/** Without those for which events of a deleted time cannot be voided: what the others have counted is then reduced. */
const aggregations = fc.constantFrom(
  AGGREGATIONS,
  AGGREGATIONS.filter(({ func }) => ["count", "sum", "avg"].includes(func)),
);
const EXTERNAL_IDS = ["a", "b", "c"];
const CUSTOMERS = [0, 1, 2];

const which = fc.constantFrom(...CUSTOMERS);
const event = fc.record({
  name: fc.constantFrom("a", "b"),
  of: fc.oneof(which, fc.constantFrom(...EXTERNAL_IDS)),
  // Most in a few quarters of an hour of four days.
  timestamp: fc.tuple(fc.nat(3), fc.nat(2)).map(([day, quarter]) => OLD + day * DAY + quarter * 900_000 + quarter),
  // Sums of these are exact in any order.
  v: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -99, max: 99 }).map((k) => k / 8), fc.constant("text")),
}); // prettier-ignore
const events = fc.array(event, { minLength: 1, maxLength: 8 });
const before = fc.nat(4).map((day) => OLD + day * DAY);
const ingestion = fc.record({ kind: fc.constant("ingest" as const), events });
const step = fc.oneof(
  { weight: 6, arbitrary: ingestion },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("reset" as const), customer: which, meter: fc.nat(5), rollover: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("credit" as const), customer: which, meter: fc.nat(5), units: fc.integer({ min: 1, max: 50 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("link" as const), customer: which, external_id: fc.constantFrom(...EXTERNAL_IDS) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("catch up" as const), chunk: fc.constantFrom(1, 3, 100), statements: fc.constantFrom(6, 12, 200) }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant("void" as const), picks }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("retain" as const), before, statements: fc.constantFrom(2, 5, 500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("erase" as const), customer: which, during: fc.array(events, { maxLength: 3 }), before }) },
); // prettier-ignore
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
/** In half of the cases, what comes later can be of days whose first events are deleted. */
const deletion: Step[] = [
  { kind: "catch up", chunk: 100, statements: 200 },
  { kind: "retain", before: OLD + 3 * DAY, statements: 500 },
];
const steps = fc
  .tuple(ingestion, fc.constantFrom([], deletion), fc.array(step, { minLength: 4, maxLength: 16 }))
  .map(([first, begin, others]): Step[] => [first, ...begin, ...others]);

describe("Retention", () => {
  it(`changes no quantity and no balance, whatever else happens (${CASES} cases)`, async ({ expect }) => {
    let deletions = 0;
    await fc.assert(
      fc.asyncProperty(aggregations, steps, async (counted, taken) => {
        // The same happens in two organizations, and only one of them deletes events.
        const [scene, reference] = [await openScene(counted, true), await openScene(counted, false)];
        for (const each of taken) {
          const voided = await scene.take(each);
          await reference.take(each.kind === "void" ? { kind: "void seqs", seqs: voided as number[] } : each);
          if (each.kind === "ingest") continue;
          expect(await scene.balances()).toEqual(await reference.balances());
          if (each.kind === "retain" || each.kind === "erase") expect(await scene.quantities()).toEqual(await reference.quantities()); // prettier-ignore
        }
        for (const { store } of [scene, reference]) await catchUp(store, new Budget({ statements: 500 }));
        await scene.take({ kind: "retain", before: OLD + 4 * DAY, statements: 500 });
        expect(await scene.balances()).toEqual(await reference.balances());
        expect(await scene.quantities()).toEqual(await reference.quantities());
        for (const { store } of [scene, reference]) expect(await wrongCounts(store)).toEqual([]);
        deletions += scene.deleted();
        const left = sql`SELECT count(*) AS n FROM events WHERE organization_id = ${scene.store.organizationId} AND source = 'user'`;
        expect(await execute(left, scene.store.organizationId)).toEqual([{ n: 0 }]);
      }),
      { numRuns: CASES },
    );
    expect(deletions).toBeGreaterThan(0);
  });
});

/** An organization with meters and three customers, in which steps are taken. */
async function openScene(counted: Aggregation[], deletes: boolean) {
  const organization = crypto.randomUUID();
  const store = storeOf(organization);
  const meters = counted.map((aggregation, i) =>
    newMeter(organization, { ...CREATE, name: `Meter ${i}`, filter: FILTER, aggregation, dimensions: ["name"] }, i),
  );
  for (const meter of meters) await insertMeter(store, meter);
  const ids: string[] = [];
  const external = new Map<number, string>();
  const resets = new Set<number>();
  let deleted = 0;
  /** The same in both organizations: whether events may be missing. */
  let isDeleting = false;
  const addCustomer = async (index: number) => {
    ids[index] = crypto.randomUUID();
    external.delete(index);
    resets.delete(index);
    await insertCustomer(store, customerRow(organization, ids[index], null));
  };
  for (const index of CUSTOMERS) await addCustomer(index);

  const ingest = (of: (typeof events extends fc.Arbitrary<infer T> ? T : never), except?: number) => {
    const sent = of.filter((each) => each.of !== except).map(({ of: owner, ...each }) =>
      typeof owner === "number"
        ? { ...each, customer_id: ids[owner]!, external_customer_id: null }
        : { ...each, customer_id: null, external_customer_id: owner },
    );
    return send(store, sent);
  }; // prettier-ignore
  const deleteUntil = async (until: number, statements: number) => {
    isDeleting = true;
    if (!deletes) return;
    deleted += (await retain(store, { before: until, isExported: false }, new Budget({ statements }))).deleted;
  };

  const take = async (each: Step | { kind: "void seqs"; seqs: number[] }) => {
    switch (each.kind) {
      case "ingest":
        return ingest(each.events);
      case "reset":
      case "credit": {
        const ref = { customer_id: ids[each.customer]!, meter_id: meters[each.meter % meters.length]!.id };
        if (each.kind === "reset") resets.add(each.customer);
        return createEntry(store, ref, each.kind === "credit" ? { ...each, metadata: {} } : each, null, ACCEPTED);
      }
      case "link": {
        // Whoever is given an external id after a reset takes over the events that are kept: that is tested elsewhere.
        if (external.has(each.customer) || [...external.values()].includes(each.external_id)) return;
        if (isDeleting && resets.has(each.customer)) return;
        external.set(each.customer, each.external_id);
        const row = customerRow(organization, ids[each.customer]!, null);
        return writeCustomer(store, row, { external_id: each.external_id, version: 2, modified_at: 1 });
      }
      case "void":
        return (await voidSome(store, each.picks, ACCEPTED)).seqs;
      case "void seqs":
        return voidSeqs(store, each.seqs, ACCEPTED);
      case "catch up":
        return catchUp(store, new Budget(each), each);
      case "retain":
        return deleteUntil(each.before, each.statements);
      case "erase": {
        let requests = 0;
        await eraseAll(store, ids[each.customer]!, async () => {
          const during = each.during[requests++];
          if (during !== undefined) await ingest(during, each.customer);
          await catchUp(store, new Budget({ statements: 50 }));
          await deleteUntil(each.before, 100);
        });
        for (const during of each.during.slice(requests)) await ingest(during, each.customer);
        return addCustomer(each.customer);
      }
    }
  };

  const balances = async () => {
    const { rows } = await listCustomerMeters(store, { limit: 100, offset: 0 }, Date.now());
    const found = rows.map(({ customer_id, id, consumed_units, credited_units, balance, modified_at }) => [
      `${ids.indexOf(customer_id)} ${meters.findIndex((meter) => meter.id === id)}`,
      { consumed_units, credited_units, balance, modified_at },
    ]);
    return Object.fromEntries(found);
  };

  const quantities = async () => {
    const found = [];
    for (const [index, { id, definition_version: definitionVersion }] of meters.entries()) {
      const definition = { filter: FILTER, aggregation: counted[index]! };
      const source = { rollupsOf: id, definitionVersion };
      for (const [at, query] of queriesOf(ids).entries()) {
        const result = await computeQuantities(store, compile(definition), query, source);
        found.push([result!.quantities.map(({ quantity }) => quantity), result!.total]);
        // Of all customers, and of some.
        if (at > 1) continue;
        const ofDimension = { ...source, dimension: { place: 0 } };
        const [rows] = await store.read([groupsSql(organization, definition, query, ofDimension, BY_NAME)]);
        found.push(toGroups(query.window, definition.aggregation.func, BY_NAME, rows));
      }
    }
    return found;
  };
  return { store, take, balances, quantities, deleted: () => deleted };
}

/** In several time zones, from within a quarter of an hour, of some customers, and by customer. */
function queriesOf(ids: string[]) {
  const windows = [
    windowOf({ start: OLD, end: OLD + 4 * DAY, interval: "day", timezone: "UTC" }),
    windowOf({ start: OLD + 400_000, end: OLD + DAY + 7, interval: "hour", timezone: "Asia/Kathmandu" }),
    windowOf({ start: OLD + DAY, end: OLD + 2 * DAY, interval: "month", timezone: "America/St_Johns" }),
  ];
  return windows.flatMap((window) => [
    { window, customers: {}, metadata: [] },
    { window, customers: { ids: [ids[0]!, ids[1]!], externalIds: ["c"] }, metadata: [] },
    { window, customers: {}, metadata: [], customerFunction: "max" as const },
  ]);
}

const BY_NAME = { by: { property: "name" }, limit: 10, sorting: "key" as const };
const CREATE = {
  metadata: {},
  unit: "scalar" as const,
  custom_label: null,
  custom_multiplier: null,
  organization_id: null,
};

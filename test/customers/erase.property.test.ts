import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, it } from "vitest";
import { insertCustomer } from "../../src/customers/write.ts";
import { append } from "../../src/events/append.ts";
import { Budget } from "../../src/jobs/budget.ts";
import type { Aggregation } from "../../src/engine/definition/aggregation.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import type { Filter } from "../../src/engine/definition/filter.ts";
import { newMeter } from "../../src/meters/create.ts";
import { insertMeter } from "../../src/meters/queries.ts";
import { customerRow } from "../support/customers.ts";
import { eraseAll, expectRebuilt } from "../support/erasing.ts";
import { wrongCounts } from "../support/event-counts.ts";
import { execute, storeOf } from "../support/stores.ts";
import { cases } from "../support/cases.ts";
import { picks, voidSome } from "../support/voiding.ts";

const CASES = cases(1 / 4);
const START = Date.parse("2026-01-01T00:00:00Z");

const aggregation = fc.constantFrom<Aggregation>(
  { func: "count" },
  { func: "sum", property: "v" },
  { func: "max", property: "v" },
  { func: "min", property: "v" },
  { func: "avg", property: "v" },
  { func: "unique", property: "v" },
  // Of few values, so that many quarters have the same.
  { func: "unique", property: "w" },
);
const filter = fc.constantFrom<Filter>(
  { conjunction: "and", clauses: [] },
  { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "a" }] },
);
const dimensions = fc.subarray(["v", "name", "w"]);
/** Sums of these are exact in any order. */
const SUMMAND = fc.integer({ min: -(2 ** 20), max: 2 ** 20 }).map((k) => k / 1024);
const event = fc.record({
  name: fc.constantFrom("a", "b"),
  // Most in the same few quarters of an hour; some before 1970.
  timestamp: fc.oneof(
    { weight: 5, arbitrary: fc.nat(3).map((quarter) => START + quarter * 900_000) },
    { weight: 3, arbitrary: fc.nat(60).map((quarter) => START + quarter * 900_000 + 7) },
    { weight: 1, arbitrary: fc.integer({ min: -4, max: 4 }).map((half) => half * 450_000) },
  ),
  customer: fc.option(fc.constantFrom(0, 0, 1), { nil: null, freq: 3 }),
  external_customer_id: fc.constantFrom("x", "x", "y", "z"),
  v: fc.oneof(fc.integer({ min: -5, max: 5 }), SUMMAND, fc.constant("text")),
  w: fc.constantFrom(1, 2),
});
const batch = fc.record({
  events: fc.array(event, { maxLength: 12, size: "max" }),
  catchUp: fc.option(fc.record({ chunk: fc.constantFrom(3, 7, 100), statements: fc.constantFrom(5, 9, 40) })),
  voids: fc.option(picks),
});
const scenario = fc.record({
  definitions: fc.array(fc.record({ filter, aggregation, dimensions }), { minLength: 1, maxLength: 3 }),
  before: fc.array(batch, { minLength: 1, maxLength: 3 }),
  during: fc.array(batch, { maxLength: 4 }),
  limits: fc.record({
    statements: fc.constantFrom(1, 12, 60),
    examined: fc.constantFrom(1, 4, 10, 100),
    erased: fc.constantFrom(1, 2, 5, 100),
    buckets: fc.constantFrom(1, 2, 10),
  }),
});
type Batch = typeof batch extends fc.Arbitrary<infer T> ? T : never;

describe("Erasing a customer", () => {
  it(`leaves the rollups of what is stored, after each request (${CASES} cases)`, async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ definitions, before, during, limits }) => {
        const store = storeOf(crypto.randomUUID());
        const ids = [crypto.randomUUID(), crypto.randomUUID()];
        const meters = definitions.map((each) => newMeter(store.organizationId, { ...CREATE, ...each }, 0));
        for (const meter of meters) await insertMeter(store, meter);
        const counted = meters.map(({ id }, index) => ({ id, definition: definitions[index]! }));
        await insertCustomer(store, customerRow(store.organizationId, ids[0]!, "x"));
        await insertCustomer(store, customerRow(store.organizationId, ids[1]!, "y"));
        const run = async ({ events, catchUp: chunks, voids }: Batch, isLate: boolean) => {
          const sent = events.map(({ customer, v, w, ...each }) => {
            // After its deletion no event names the customer by its id.
            const customer_id = customer === null ? null : isLate ? ids[1]! : ids[customer]!;
            return { ...each, customer_id, external_id: null, parent_id: null, metadata: { v, w } };
          });
          await append(store, sent, { source: "user", compare: false, now: START });
          if (chunks !== null) await catchUp(store, new Budget(chunks), chunks);
          if (voids !== null) await voidSome(store, voids, START);
          await expectRebuilt(store, counted);
          expect(await wrongCounts(store)).toEqual([]);
        };
        for (const each of before) await run(each, false);
        const kept = await ownEvents(store.organizationId, ids[0]!);
        let index = 0;
        await eraseAll(
          store,
          ids[0]!,
          async () => {
            await expectRebuilt(store, counted);
            expect(await wrongCounts(store)).toEqual([]);
            const next = during[index++];
            if (next !== undefined) await run(next, true);
          },
          limits,
        );
        await catchUp(store, new Budget({ statements: 100 }));
        await expectRebuilt(store, counted);
        const left = await ownEvents(store.organizationId, ids[0]!);
        expect(left.others.slice(0, kept.others.length)).toEqual(kept.others);
        expect(left.own.filter((seq) => kept.own.includes(seq))).toEqual([]);
      }),
      { numRuns: CASES },
    );
  });
});

/** The numbers of the customer's events by either id, and of all other ones. */
async function ownEvents(organizationId: string, id: string): Promise<{ own: number[]; others: number[] }> {
  const rows = await execute<{ seq: number; is_own: number }>(
    sql`SELECT seq, coalesce(customer_id = ${id}, external_customer_id = 'x') AS is_own FROM events
      WHERE organization_id = ${organizationId} AND source = 'user' ORDER BY seq`,
    organizationId,
  );
  const [own, others] = [1, 0].map((is) => rows.filter(({ is_own }) => is_own === is).map(({ seq }) => seq));
  return { own: own!, others: others! };
}

const CREATE = {
  name: "Property",
  metadata: {},
  unit: "scalar" as const,
  custom_label: null,
  custom_multiplier: null,
  organization_id: null,
};

import fc from "fast-check";
import { describe, it } from "vitest";
import { insertCustomer } from "../../src/customers/write.ts";
import { append } from "../../src/events/append.ts";
import { compile, type Definition } from "../../src/engine/definition/definition.ts";
import { computeQuantities } from "../../src/engine/reading/quantities.ts";
import { type RowInterval, windowOf } from "../../src/engine/reading/window.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { newMeter } from "../../src/meters/create.ts";
import { insertMeter } from "../../src/meters/queries.ts";
import { INTERVALS } from "../../src/time/interval.ts";
import { cases } from "../support/cases.ts";
import { customerRow } from "../support/customers.ts";
import { expectRebuilt } from "../support/erasing.ts";
import { type ModelEvent, modelQuantities } from "../support/model.ts";
import { storeOf } from "../support/stores.ts";
import { picks, voidSome } from "../support/voiding.ts";

const CASES = cases(1 / 4);
const [QUARTER, HOUR] = [900_000, 3_600_000];
/** A moment before the end of a day, a month and a year. */
const CENTRE = Date.parse("2025-12-31T22:00:00Z");
const DEFINITION: Definition = {
  filter: { conjunction: "and", clauses: [] },
  aggregation: { func: "unique", property: "v" },
};

/** Of few values in many quarters: a later event is often between two, or before all others. */
const quarter = fc.oneof(fc.integer({ min: -6, max: 12 }), fc.integer({ min: -100, max: 100 }), fc.integer({ min: -4000, max: 4000 })); // prettier-ignore
const event = fc.record({
  timestamp: fc.tuple(quarter, fc.constantFrom(0, 1, 899_999)).map(([q, by]) => CENTRE + q * QUARTER + by),
  // The first customer has both identities.
  of: fc.constantFrom("a", "a", "b", 0),
  v: fc.option(fc.constantFrom(1, 2, "1"), { freq: 9, nil: undefined }),
});
const batch = fc.record({
  events: fc.array(event, { maxLength: 15, size: "max" }),
  catchUp: fc.option(fc.record({ chunk: fc.constantFrom(1, 4, 100), statements: fc.constantFrom(7, 15, 60) })),
  voids: fc.option(picks, { freq: 2 }),
});
const query = fc.record({
  hours: fc.tuple(fc.integer({ min: -40, max: 4 }), fc.oneof(fc.nat(12), fc.nat(600))),
  exact: fc.constantFrom(0, 1, 17 * 60_000, HOUR),
  interval: fc.constantFrom(...INTERVALS, "total" as const),
  timezone: fc.constantFrom("UTC", "Asia/Kathmandu", "America/New_York"),
  named: fc.constantFrom<string[] | undefined>(undefined, ["a"], ["b"], ["a", "b"], ["none"]),
});

/** The window of a query: whole hours, or for one exact row from some time within the first one to its like in the last. */
function windowIn({
  hours: [first, count],
  exact,
  ...more
}: {
  hours: [number, number];
  exact: number;
  interval: RowInterval;
  timezone: string;
}) {
  // prettier-ignore
  const start = CENTRE + first * HOUR + (more.interval === "total" ? exact : 0);
  return windowOf({ ...more, start, end: start + count * HOUR });
}

describe("Quantities of unique", () => {
  it(`are those of a plain model, in whatever order values come and go (${CASES} cases)`, async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { minLength: 1, maxLength: 5 }),
        fc.array(query, { minLength: 8, maxLength: 8 }),
        async (batches, queries) => {
          const store = storeOf(crypto.randomUUID());
          const [meter, id] = [newMeter(store.organizationId, { ...CREATE, ...DEFINITION }, 0), crypto.randomUUID()];
          await insertMeter(store, meter);
          await insertCustomer(store, customerRow(store.organizationId, id, "a"));
          const known = [{ id, external_id: "a", isDeleted: false }];
          const accepted: (ModelEvent & { isVoided: boolean })[] = [];
          for (const each of batches) {
            const sent = each.events.map(({ timestamp, of, v }) => {
              const identity = of === 0 ? { customer_id: id, external_customer_id: null } : { customer_id: null, external_customer_id: String(of) }; // prettier-ignore
              return {
                name: "e",
                timestamp,
                ...identity,
                external_id: null,
                parent_id: null,
                metadata: v === undefined ? {} : { v },
              };
            });
            await append(store, sent, { source: "user", compare: false, now: CENTRE });
            accepted.push(...sent.map((one) => ({ ...one, source: "user", isVoided: false })));
            if (each.catchUp !== null) await catchUp(store, new Budget(each.catchUp), each.catchUp);
            const { places } = each.voids === null ? { places: [] } : await voidSome(store, each.voids, CENTRE);
            for (const place of places) accepted[place]!.isVoided = true;
            await expectRebuilt(store, [{ id: meter.id, definition: DEFINITION }]);
            const stored = accepted.filter(({ isVoided }) => !isVoided);
            for (const { named, ...asked } of queries) {
              const window = windowIn(asked);
              const customers = named && { ids: [], externalIds: named };
              const of = { ...asked, rows: window.timestamps, end: window.range.to, customers, metadata: [] };
              const found = await computeQuantities(
                store,
                compile(DEFINITION),
                { window, customers: customers ?? {}, metadata: [] },
                { rollupsOf: meter.id, definitionVersion: 1 },
              );
              const expected = modelQuantities(stored, known, DEFINITION, of);
              expect({ quantities: found!.quantities.map(({ quantity }) => quantity), total: found!.total }).toEqual(
                expected,
              );
            }
          }
        },
      ),
      { numRuns: CASES },
    );
  });
});

const CREATE = {
  name: "Property",
  metadata: {},
  unit: "scalar" as const,
  custom_label: null,
  custom_multiplier: null,
  organization_id: null,
};

import fc from "fast-check";
import { describe, it } from "vitest";
import { append } from "../../src/events/append.ts";
import { compile } from "../../src/engine/definition/definition.ts";
import type { Filter } from "../../src/engine/definition/filter.ts";
import type { Grouping } from "../../src/engine/reading/grouping.ts";
import type { QuantitiesQuery, Source } from "../../src/engine/reading/quantities-sql.ts";
import { sourceOf, sourceOfGroups } from "../../src/engine/reading/sources.ts";
import { difference, groupDifference, isExact } from "../support/differences.ts";
import { modelGroups } from "../support/group-model.ts";
import { computeQuantities } from "../../src/engine/reading/quantities.ts";
import { newMeter } from "../../src/meters/create.ts";
import { insertMeter } from "../../src/meters/queries.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import type { MetadataCondition } from "../../src/wire/query.ts";
import { INTERVALS } from "../../src/time/interval.ts";
import { type RowInterval, windowOf } from "../../src/engine/reading/window.ts";
import { customers, makeCustomers, settleCustomers } from "../support/linked-customers.ts";
import { type ModelCustomer, type ModelEvent, modelQuantities } from "../support/model.ts";
import { storeOf } from "../support/stores.ts";
import { cases } from "../support/cases.ts";
import { aggregation, dimensions, external, filter, func, metadata, nameFilter, property } from "../support/usage.ts";
import { picks, voidSome } from "../support/voiding.ts";

const CASES = cases();
const HOUR = 3_600_000;
/** Moments around which clocks change in the zones below, and the turns of months and years. */
const CENTRES = ["2025-03-30T01:00:00Z", "2025-10-26T01:00:00Z", "2025-03-09T07:00:00Z", "2025-04-05T15:00:00Z", "2025-01-01T00:00:00Z", "2025-10-04T15:30:00Z"].map(Date.parse); // prettier-ignore
const ZONES = ["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca", "America/Havana", "Pacific/Chatham"]; // prettier-ignore
/** Milliseconds from a centre by the number of the quarter of an hour; in every fourth one it is the quarter's beginning. */
const inQuarter = (q: number) => q * 900_000 + (q % 4 === 0 ? 0 : Math.abs(q * 7919) % 900_000);
const near = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -30, max: 30 }));
/** Where an exact range begins or ends: between two quarters, and around the times of events. */
const moment = fc.oneof(
  near.map((quarters) => quarters * 900_000),
  fc.tuple(near, fc.integer({ min: -1, max: 1 })).map(([q, by]) => inQuarter(q) + by),
);
/** Customers of the organization by their index; their ids are made for each case. */
const customer = fc.constantFrom(0, 1, 2);
const event = (centre: number) =>
  fc.record({
    name: fc.constantFrom("a", "ab", "gen", ""),
    // Most within hours of the change of clocks, several in one bucket; some weeks away.
    timestamp: fc
      .oneof(
        { weight: 3, arbitrary: fc.integer({ min: -2, max: 2 }) },
        { weight: 3, arbitrary: fc.integer({ min: -24, max: 24 }) },
        { weight: 3, arbitrary: fc.integer({ min: -10 * 96, max: 10 * 96 }) },
        { weight: 1, arbitrary: fc.integer({ min: -40 * 96, max: 40 * 96 }) },
      )
      .map((quarters) => centre + inQuarter(quarters)),
    identity: fc.oneof(
      { weight: 3, arbitrary: external.map((id) => ({ customer: null, external_customer_id: id })) },
      { weight: 1, arbitrary: customer.map((index) => ({ customer: index, external_customer_id: null })) },
      {
        weight: 1,
        arbitrary: fc.tuple(customer, external).map(([index, id]) => ({ customer: index, external_customer_id: id })),
      },
    ),
    external_id: fc.option(fc.constantFrom("x1", "x2", "x3"), { freq: 4 }),
    metadata,
  }); // prettier-ignore

const scenario = fc.constantFrom(...CENTRES).chain((centre) =>
  fc.record({
    // Several meters at once: they share chunks and transactions, or have watermarks of their own.
    definitions: fc.array(
      fc.record({
        filter: fc.oneof(fc.constant<Filter>({ conjunction: "and", clauses: [] }), nameFilter, filter),
        aggregation,
        dimensions,
      }),
      { minLength: 1, maxLength: 6, size: "max" },
    ),
    batches: fc.array(
      fc.record({
        events: fc.array(event(centre), { maxLength: 20, size: "max" }),
        catchUps: fc.array(
          fc.record({
            chunk: fc.constantFrom(1, 3, 7, 100),
            meters: fc.integer({ min: 1, max: 6 }),
            statements: fc.constantFrom(3, 5, 9, 40),
          }),
          { maxLength: 3 },
        ),
        voids: fc.option(picks),
        catchUpAfter: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    metersAfter: fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }),
    customers,
    centre: fc.constant(centre),
    queries: fc.array(
      fc.record({
        start: fc.integer({ min: -12, max: 4 }).map((hours) => centre + hours * HOUR + ((hours * 13) % 60) * 60_000),
        hours: fc.oneof(fc.nat(20), fc.nat(400)),
        interval: fc.constantFrom(...INTERVALS, "total" as const),
        exact: fc.tuple(moment, moment),
        timezone: fc.constantFrom(...ZONES),
        named: fc.option(
          fc.record({
            indexes: fc.subarray([0, 1, 2, 3]),
            externalIds: fc.subarray(["c1", "c2", "", "ghost"]),
          }),
          { nil: undefined, freq: 2 },
        ),
        metadata: fc.oneof(
          { weight: 4, arbitrary: fc.constant<MetadataCondition[]>([]) },
          fc.constantFrom<MetadataCondition[]>(
            [{ key: "v", values: ["1", "5", "true"] }],
            [{ key: "a.b", values: ["1", "5", "true", "a"] }],
            [{ key: "_llm.model", values: ["g"] }],
            [{ key: "_llm.x.y", values: ["1", "-1", "true", "false", "ab"] }, { key: "_llm.vendor", values: ["o"] }],
            [{ key: "_cost.amount", values: ["1", "2.50", "-0.0", "3e0", "", "t", ".5"] }],
            [{ key: "name", values: ["a", "1", "true"] }],
          ), // prettier-ignore
        ),
        customerFunction: fc.option(func, { nil: undefined, freq: 2 }),
        grouping: fc.record({
          by: fc.oneof(
            fc.constant("customer" as const),
            property.map((name) => ({ property: name === "timestamp" ? "v" : name })),
          ),
          limit: fc.constantFrom(1, 2, 3, 10),
          sorting: fc.constantFrom<Grouping["sorting"]>("-total", "total", "key"),
        }),
      }),
      { minLength: 6, maxLength: 6 },
    ),
  }),
);

type Accepted = ModelEvent & { isVoided: boolean };

/** Events as the organization has them: the first of each external_id. */
function keep(stored: Accepted[], seen: Set<string>, sent: (ModelEvent & { external_id: string | null })[]): void {
  for (const each of sent) {
    if (each.external_id !== null && seen.has(each.external_id)) continue;
    if (each.external_id !== null) seen.add(each.external_id);
    stored.push({ ...each, isVoided: false });
  }
}

/** The range of a query: some hours, or for one exact row the time between two moments. */
function rangeOf(
  centre: number,
  { start, interval, exact }: { start: number; interval: RowInterval; exact: number[] },
  hours: number,
): { start: number; end: number } {
  if (interval !== "total") return { start, end: start + hours * HOUR };
  return { start: centre + Math.min(...exact), end: centre + Math.max(...exact) };
}

describe("Quantities", () => {
  it(`are the same from rollups and tail, from a scan, and in a plain model (${CASES} cases)`, async ({ expect }) => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    await fc.assert(
      fc.asyncProperty(scenario, async ({ definitions, batches, metersAfter, customers: plan, centre, queries }) => {
        const store = storeOf(crypto.randomUUID());
        const meters = definitions.map((each) => newMeter(store.organizationId, { ...CREATE, ...each }, now));
        const ids = [0, 1, 2, 3].map(() => crypto.randomUUID());
        const known: ModelCustomer[] = [];
        const accepted: Accepted[] = [];
        let stored: ModelEvent[] = [];
        const seen = new Set<string>();
        for (const [index, { events, catchUps, voids, catchUpAfter }] of batches.entries()) {
          for (const [m, meter] of meters.entries()) {
            if (index === Math.min(metersAfter[m]!, batches.length - 1)) await insertMeter(store, meter);
          }
          const sent = events.map(({ identity, ...each }) => {
            const customer_id = identity.customer === null ? null : ids[identity.customer]!;
            return { ...each, customer_id, external_customer_id: identity.external_customer_id, parent_id: null };
          });
          await append(store, sent, { source: "user", compare: false, now });
          keep(accepted, seen, sent.map((each) => ({ ...each, source: "user" }))); // prettier-ignore
          await makeCustomers(store, plan, index, ids, known);
          for (const limits of catchUps) await catchUp(store, new Budget(limits), limits);
          const { places } = voids === null ? { places: [] } : await voidSome(store, voids, now);
          for (const place of places) accepted[place]!.isVoided = true;
          stored = accepted.filter(({ isVoided }) => !isVoided);
          if (catchUpAfter) await catchUp(store, new Budget({ statements: 5 }));
        }
        await settleCustomers(store, plan, known);
        for (const [q, { hours, named, ...query }] of queries.entries()) {
          const { start, end } = rangeOf(centre, query, hours);
          const [definition, meter] = [definitions[q % definitions.length]!, meters[q % definitions.length]!];
          const compiled = compile(definition);
          const asked = named && {
            ids: named.indexes.map((index) => ids[index]!),
            externalIds: named.externalIds,
          };
          const window = windowOf({ ...query, start, end });
          const of = { ...query, customers: asked, rows: window.timestamps, end };
          const expected = modelQuantities(stored, known, definition, of);
          const { metadata: conditions, customerFunction } = query;
          const requested = {
            window,
            customers: asked ?? {},
            metadata: conditions,
            customerFunction,
          };
          const scanned = await computeQuantities(store, compiled, requested, "scan");
          expect(difference(scanned!, expected, isExact(definition.aggregation, query))).toBeNull();
          const differences = (source: Source, most: QuantitiesQuery = requested) =>
            groupDifference(store, definition, { ...most, customerFunction: undefined }, source, {
              ...query,
              model: (grouping) =>
                modelGroups(stored, known, definition, { ...of, customerFunction: undefined }, grouping),
            });
          expect(await differences("scan")).toBeNull();
          const counting = { id: meter.id, definition, definition_version: 1 };
          const ofAll = sourceOf(counting, { ...requested, customerFunction: undefined });
          const ofGroups = sourceOfGroups(definition, ofAll, query.grouping.by);
          if (ofGroups !== "scan") {
            expect(await differences(ofGroups)).toBeNull();
            expect(await differences(ofGroups, { ...requested, mostScanned: 0 })).toBeNull();
          }
          const source = sourceOf(counting, requested);
          if (source === "scan") continue;
          const fromRollups = await computeQuantities(store, compiled, requested, source);
          expect(difference(fromRollups!, expected, isExact(definition.aggregation, query))).toBeNull();
          if (customerFunction === undefined) continue;
          const byCustomer = await computeQuantities(store, compiled, { ...requested, mostScanned: 0 }, source);
          expect(difference(byCustomer!, expected, isExact(definition.aggregation, query))).toBeNull();
        }
      }),
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

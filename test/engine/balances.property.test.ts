import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, it } from "vitest";
import { createEntry } from "../../src/customer-meters/create-entry.ts";
import { listCustomerMeters } from "../../src/customer-meters/queries.ts";
import { deleteCustomer } from "../../src/customers/delete.ts";
import { insertCustomer, writeCustomer } from "../../src/customers/write.ts";
import { readState } from "../../src/customers/state.ts";
import { append } from "../../src/events/append.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { newMeter } from "../../src/meters/create.ts";
import { insertMeter } from "../../src/meters/queries.ts";
import type { Home, OpenStore } from "../../src/store/store.ts";
import { BalanceModel, type ModelAggregation } from "../support/balance-model.ts";
import { customerRow } from "../support/customers.ts";
import { decorated, losing, STORE, storeOf } from "../support/stores.ts";
import { cases } from "../support/cases.ts";
import { picks, voidSome } from "../support/voiding.ts";

const [CASES, LINKS] = [cases(1 / 8), cases()];
const NOW = Date.parse("2026-01-01T00:00:00Z");
const METERS: ModelAggregation[] = [
  { func: "count" },
  ...(["sum", "max", "min", "avg", "unique"] as const).map((func) => ({ func, property: "v" })),
];
const EXTERNAL_IDS = ["a", "b", "ext:a"];

const which = fc.nat(2);
/** Whose event it is: a customer's by its id, or an external id's. */
const identity = fc.oneof(which, fc.constantFrom(...EXTERNAL_IDS));
const value = fc.oneof(
  fc.integer({ min: -40, max: 40 }).map((k) => k / 8),
  // Often in several events, and by both ids of a customer.
  fc.constantFrom<unknown>("text", true, 1, 2),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("ingest" as const), events: fc.array(fc.tuple(identity, value), { minLength: 1, maxLength: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("credit" as const), customer: which, meter: fc.nat(5), units: fc.integer({ min: -200, max: 200 }).filter((units) => units !== 0), key: fc.option(fc.constantFrom("k1", "k2")) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("reset" as const), customer: which, meter: fc.nat(5), rollover: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("catch up" as const), chunk: fc.constantFrom(1, 3, 100), statements: fc.constantFrom(4, 12, 100) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("void" as const), picks }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("link" as const), customer: which, external_id: fc.constantFrom(...EXTERNAL_IDS), meanwhile: fc.constant<(Step | null)[]>([]) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("replace" as const), customer: which, external_id: fc.option(fc.constantFrom(...EXTERNAL_IDS)) }) },
); // prettier-ignore
const accident = fc.option(fc.record({ after: fc.boolean(), times: fc.integer({ min: 1, max: 2 }) }), { freq: 5 });

type Step =
  | { kind: "ingest"; events: [number | string, unknown][] }
  | { kind: "credit"; customer: number; meter: number; units: number; key: string | null }
  | { kind: "reset"; customer: number; meter: number; rollover: boolean }
  | { kind: "catch up"; chunk: number; statements: number }
  | { kind: "void"; picks: number[] }
  | { kind: "link"; customer: number; external_id: string; meanwhile: (Step | null)[] }
  | { kind: "replace"; customer: number; external_id: string | null };

/** What others do while the first customer, which was reset, gets the external id `a`. */
const other = fc.oneof(
  step.filter(({ kind }) => kind !== "link" && kind !== "credit"),
  fc.record({ kind: fc.constant("void" as const), picks }),
  fc.constantFrom<Step>({ kind: "ingest", events: [["a", 4]] }, { kind: "catch up", chunk: 100, statements: 100 }),
  fc.record({
    kind: fc.constant("reset" as const),
    customer: fc.constant(0),
    meter: fc.nat(5),
    rollover: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("replace" as const),
    customer: fc.constant(1),
    external_id: fc.constantFrom("a", null),
  }),
);
const others = fc.record({
  before: fc.array(other, { maxLength: 3 }),
  meanwhile: fc.array(fc.option(other, { freq: 2 }), { maxLength: 8 }),
  after: fc.array(step, { maxLength: 2 }),
});

describe("Balances", () => {
  it(`are those of a plain model after any events, credits, resets, catch-ups and repetitions (${CASES} cases)`, async ({
    expect,
  }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, accident), { minLength: 1, maxLength: 14 }), async (steps) => {
        const scene = await openScene();
        for (const [each, lost] of steps) {
          await scene.take(
            each,
            lost === null
              ? undefined
              : losing({ ...lost, skip: each.kind === "ingest" || each.kind === "void" ? 0 : 1 }),
          );
          expect(await scene.found()).toEqual(scene.model.balances());
        }
        const id = scene.customers[0]!;
        const { active_meters } = await readState(storeOf(scene.organization), { id }, Date.now());
        expect(active_meters.map(({ meter_id, balance }) => [meter_id, balance])).toEqual(
          scene.meters.map((meter) => [meter, scene.model.balances()[`${id} ${meter}`]!.balance]),
        );
      }),
      { numRuns: CASES },
    );
  });

  it(`are those of the model when an external id is set after resets, whatever happens meanwhile (${LINKS} cases)`, async ({
    expect,
  }) => {
    await fc.assert(
      fc.asyncProperty(others, async ({ before, meanwhile, after }) => {
        const scene = await openScene();
        const resets = METERS.map((_, meter): Step => ({ kind: "reset", customer: 0, meter, rollover: false }));
        const used: Step[] = [
          { kind: "ingest", events: [["a", 1], ["a", 2], ["a", 2.5]] },
          { kind: "catch up", chunk: 100, statements: 100 },
        ];
        const link: Step = { kind: "link", customer: 0, external_id: "a", meanwhile };
        for (const each of [...resets, ...used, ...before, link, ...after, ...used]) await scene.take(each);
        expect(await scene.found()).toEqual(scene.model.balances());
      }),
      { numRuns: LINKS },
    );
  }); // prettier-ignore
});

/** An organization with six meters and three customers, and the model of it. */
async function openScene() {
  const organization = crypto.randomUUID();
  const home: Home = { organizationId: organization, store: STORE };
  const store = storeOf(organization);
  const filter = { conjunction: "and" as const, clauses: [] };
  const rows = METERS.map((aggregation, i) => newMeter(organization, { name: `Meter ${i}`, filter, aggregation, metadata: {}, unit: "scalar", custom_label: null, custom_multiplier: null, organization_id: null }, NOW + i)); // prettier-ignore
  for (const row of rows) await insertMeter(store, row);
  const meters = rows.map(({ id }) => id);
  const customers = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  const model = new BalanceModel(meters.map((id, i) => ({ id, ...METERS[i]! })));
  for (const id of customers) {
    await insertCustomer(store, customerRow(organization, id, null));
    model.addCustomer(id, null);
  }

  const enter = async (open: OpenStore, { customer, meter, ...each }: Step & { kind: "credit" | "reset" }) => {
    const ref = { customer_id: customers[customer]!, meter_id: meters[meter]! };
    if (each.kind === "reset") {
      await createEntry(open(env, home), ref, each, null, NOW);
      return model.reset(ref.customer_id, ref.meter_id, each.rollover);
    }
    const { units, key } = each;
    const idempotency = key === null ? null : { key, fingerprint: `${ref.customer_id} ${ref.meter_id} ${units}` };
    const found = await createEntry(open(env, home), ref, { ...each, metadata: {} }, idempotency, NOW);
    if (idempotency === null || model.useKey(idempotency)) model.credit(ref.customer_id, ref.meter_id, units);
    return found;
  };

  const take = async (each: Step, open: OpenStore = storeOf as never): Promise<unknown> => {
    const opened = open === (storeOf as never) ? () => storeOf(organization) : open;
    switch (each.kind) {
      case "ingest": {
        const events = each.events.map(([of, v]) => ({ customer_id: typeof of === "number" ? customers[of]! : null, external_customer_id: typeof of === "number" ? null : of, v })); // prettier-ignore
        await append(opened(env, home), events.map(({ v, ...ids }) => ({ ...ids, name: "use", timestamp: NOW, external_id: null, parent_id: null, metadata: { v } })), { source: "user", compare: false, now: NOW }); // prettier-ignore
        return model.ingest(events);
      }
      case "credit":
      case "reset":
        return enter(opened, each);
      case "void": {
        const { places } = await voidSome(store, each.picks, NOW, opened);
        return model.void(places);
      }
      case "catch up":
        return catchUp(store, new Budget(each), each);
      case "link": {
        const id = customers[each.customer]!;
        if (!model.isUnlinked(id)) return;
        const steps = [...each.meanwhile];
        const opening = decorated(async (carryOut) => {
          const next = steps.shift();
          if (next) await take(next);
          return carryOut();
        });
        const { isWritten } = await writeCustomer(opening(env, home), customerRow(organization, id, null), { external_id: each.external_id, version: 2, modified_at: 1 }); // prettier-ignore
        if (isWritten !== model.link(id, each.external_id)) throw new Error("The external id is not the model's.");
        return;
      }
      case "replace": {
        await deleteCustomer(store, { id: customers[each.customer]! }, false, NOW);
        model.deleteCustomer(customers[each.customer]!);
        const id = (customers[each.customer] = crypto.randomUUID());
        const external_id = model.isFree(each.external_id) ? each.external_id : null;
        await insertCustomer(store, customerRow(organization, id, external_id));
        return model.addCustomer(id, external_id);
      }
    }
  };

  const found = async () => {
    const { rows: balances } = await listCustomerMeters(store, { limit: 100, offset: 0 }, Date.now());
    return Object.fromEntries(balances.map(({ customer_id, id, consumed_units, credited_units, balance }) => [`${customer_id} ${id}`, { consumed_units, credited_units, balance }])); // prettier-ignore
  };
  return { organization, meters, customers, model, take, found };
}

import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, it } from "vitest";
import { check } from "../../src/customer-meters/check.ts";
import { consume } from "../../src/customer-meters/consume.ts";
import { createEntry } from "../../src/customer-meters/create-entry.ts";
import { insertCustomer } from "../../src/customers/write.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { append } from "../../src/events/append.ts";
import type { NewEvent } from "../../src/events/event-json.ts";
import { Conflict } from "../../src/errors.ts";
import { createHold } from "../../src/holds/create.ts";
import { releaseHold } from "../../src/holds/release.ts";
import { settleHold } from "../../src/holds/settle.ts";
import { newMeter } from "../../src/meters/create.ts";
import { insertMeter } from "../../src/meters/queries.ts";
import { cases } from "../support/cases.ts";
import { customerRow } from "../support/customers.ts";
import { EnforcementModel, FUNCTIONS } from "../support/enforcement-model.ts";
import { losing, STORE, storeOf } from "../support/stores.ts";

const CASES = cases(1 / 6);
const START = Date.parse("2026-01-01T00:00:00Z");

const value = fc.integer({ min: -24, max: 80 }).map((k) => k / 8);
const minimum = fc.constantFrom(0, 0, 0, 5, -10);
/** Whether the answer is lost, and then after what was done or before; up to twice. */
const loss = fc.option(fc.record({ after: fc.boolean(), times: fc.constantFrom(1, 2) }), { freq: 3 });
const external = fc.option(fc.constantFrom("e1", "e2", "e3"), { freq: 2 });
const byId = fc.boolean();
const of = <K extends string, T extends object>(kind: K, shape: { [P in keyof T]: fc.Arbitrary<T[P]> }) =>
  fc.record({ kind: fc.constant(kind), ...shape }) as fc.Arbitrary<{ kind: K } & T>;
const step = fc.oneof(
  { weight: 6, arbitrary: of("consume", { v: value, minimum, external, byId, loss }) },
  { weight: 2, arbitrary: of("ingest", { v: value, byId }) },
  { weight: 3, arbitrary: of("credit", { units: fc.integer({ min: -20, max: 60 }).filter((units) => units !== 0) }) },
  { weight: 1, arbitrary: of("reset", { rollover: fc.boolean() }) },
  { weight: 4, arbitrary: of("hold", { units: fc.integer({ min: 1, max: 160 }).map((k) => k / 8), minutes: fc.constantFrom(1, 5, 60), minimum, byId, loss }) },
  { weight: 4, arbitrary: of("settle", { hold: fc.nat(), v: value, external, loss }) },
  { weight: 2, arbitrary: of("release", { hold: fc.nat() }) },
  { weight: 2, arbitrary: of("wait", { minutes: fc.constantFrom(1, 4, 30) }) },
  { weight: 2, arbitrary: of("catch up", {}) },
); // prettier-ignore
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const eventOf = (
  v: number,
  external_id: string | null,
  ids: Pick<NewEvent, "customer_id" | "external_customer_id">,
) => ({ name: "use", timestamp: null, external_id, parent_id: null, metadata: { v }, ...ids });

/** An organization with one meter and one customer, and a model of them. */
async function setUp(func: (typeof FUNCTIONS)[number]) {
  const organizationId = crypto.randomUUID();
  const store = storeOf(organizationId);
  const home = { organizationId, store: STORE };
  const aggregation = func === "count" ? { func } : { func, property: "v" };
  const definition = { name: "m", filter: { conjunction: "and" as const, clauses: [] }, aggregation };
  const meter = newMeter(organizationId, { ...definition, unit: "scalar", custom_label: null, custom_multiplier: null, metadata: {} } as never, START); // prettier-ignore
  await insertMeter(store, meter);
  const customer_id = crypto.randomUUID();
  await insertCustomer(store, customerRow(organizationId, customer_id, "c1"));
  const [byItsId, byText] = [
    { customer_id, meter_id: meter.id },
    { external_customer_id: "c1", meter_id: meter.id },
  ];
  const refOf = (isById: boolean) => (isById ? byItsId : byText);
  const idsOf = (isById: boolean) => ({ customer_id: isById ? customer_id : null, external_customer_id: isById ? null : "c1" }); // prettier-ignore
  // From here on this isolate knows the meter, so that the first round trip of each step is that which writes.
  await check(store, byText, START);
  const model = new EnforcementModel(func, START);
  const holds: string[] = [];
  const opened = (lost: { after: boolean; times: number } | null, skip = 0) =>
    lost === null ? store : losing({ ...lost, skip })(env, home);

  /** Takes a step; returns what the code says, and what the model says. */
  const take = async (each: Step): Promise<[unknown, unknown]> => {
    const { now } = model;
    switch (each.kind) {
      case "consume": {
        const event = eventOf(each.v, each.external, idsOf(each.byId));
        const { outcome, required, standing } = await consume(opened(each.loss), refOf(each.byId), event, each.minimum, now); // prettier-ignore
        const said = { result: outcome?.result ?? "denied", required, available: standing.available };
        return [said, model.consume(event, each.minimum)];
      }
      case "ingest": {
        await append(store, [eventOf(each.v, null, idsOf(each.byId))], { source: "user", compare: false, now });
        return [null, model.ingest(each.v)];
      }
      case "credit":
        await createEntry(store, byText, { kind: "credit", units: each.units, metadata: {} }, null, now);
        return [null, model.credit(each.units)];
      case "reset":
        await createEntry(store, byItsId, { kind: "reset", rollover: each.rollover }, null, now);
        return [null, model.reset(each.rollover)];
      case "hold": {
        const wanted = { units: each.units, expires_in: each.minutes * 60_000, minimum_balance: each.minimum, metadata: {} }; // prettier-ignore
        const created = await createHold(opened(each.loss), refOf(each.byId), wanted, null, now);
        if (created!.hold !== null) holds.push(created!.hold.id);
        const said = { allowed: created!.hold !== null, available: created!.standing.available };
        return [said, model.hold({ ...each, ids: idsOf(each.byId) })];
      }
      case "settle": {
        if (holds.length === 0) return [null, null];
        const at = each.hold % holds.length;
        const { customer_id: _, external_customer_id: __, ...event } = eventOf(each.v, each.external, idsOf(true));
        const fingerprint = JSON.stringify([each.v, each.external]);
        const settled = await settleHold(opened(each.loss, 1), holds[at]!, { event, fingerprint }, now).catch(refusal);
        const said = typeof settled === "string" ? settled : { result: settled.event.result, required: settled.required, available: settled.standing.available }; // prettier-ignore
        const expected = model.settle(at, event);
        // After a lost answer it is repeated, and the same settlement again is a duplicate, however the stored event differs.
        return each.loss?.after === true ? ([said, expected].map(sameAgain) as [unknown, unknown]) : [said, expected];
      }
      case "release": {
        if (holds.length === 0) return [null, null];
        const at = each.hold % holds.length;
        const released = await releaseHold(store, holds[at]!, now).catch(refusal);
        return [typeof released === "string" ? released : released.status, model.release(at)];
      }
      case "wait":
        model.now += each.minutes * 60_000;
        return [null, null];
      case "catch up":
        await catchUp(store, new Budget({ statements: 100 }));
        return [null, null];
    }
  };
  const standing = async () => {
    const { consumed_units, credited_units, balance, held_units, available } = await check(store, byItsId, model.now);
    return { consumed_units, credited_units, balance, held_units, available };
  };
  return { take, standing, model };
}

function refusal(error: unknown): string {
  if (error instanceof Conflict) return "conflict";
  throw error;
}

const sameAgain = (said: unknown) => JSON.parse(JSON.stringify(said).replace('"duplicate_differs"', '"duplicate"'));

describe.for(FUNCTIONS)("A meter with %s", (func) => {
  it("decides about any program of requests as the plain model does", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        const { take, standing, model } = await setUp(func);
        for (const [index, each] of steps.entries()) {
          const [said, expected] = await take(each);
          expect([index, each, said]).toEqual([index, each, expected]);
          expect([index, each, await standing()]).toEqual([index, each, model.standing()]);
        }
      }),
      { numRuns: CASES },
    );
  });
});

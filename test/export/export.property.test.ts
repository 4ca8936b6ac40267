import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import { insertCustomer } from "../../src/customers/write.ts";
import { eraseCustomer } from "../../src/customers/erase.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { exportEvents } from "../../src/export/export-events.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { retain } from "../../src/retention/retain.ts";
import { cases } from "../support/cases.ts";
import { customerRow } from "../support/customers.ts";
import { bucketWith, exported } from "../support/exporting.ts";
import { ACCEPTED, BEFORE, enough, send } from "../support/retaining.ts";
import { decorated, execute, STORE, storeOf } from "../support/stores.ts";

const CASES = cases(1 / 4);
const HOUR = 3_600_000;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("ingest" as const), of: fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }), hours: fc.constantFrom(0, 1, 20) }) },
  // Interrupted at a call of the bucket or the store, before or after it was carried out; or, with another run in between, not at all.
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("export" as const), at: fc.nat(12), how: fc.constantFrom("before", "after", "between", "whole") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("retain" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("erase" as const), customer: fc.nat(2), requests: fc.constantFrom(1, 9) }) },
); // prettier-ignore
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe("The export", () => {
  it(`has each event once that is not erased, whatever happens (${CASES} cases)`, async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const scene = await openScene();
        for (const each of steps) await scene.take(each);
        expect(await scene.finish()).toEqual(scene.expected());
      }),
      { numRuns: CASES },
    );
  });
});

/** An organization with three customers, each of which has a generation per erasure. */
async function openScene() {
  const organizationId = crypto.randomUUID();
  const store = storeOf(organizationId);
  const ids: string[] = [];
  let now = ACCEPTED;
  let last = 0;
  const owners = new Map<number, string>();
  const erased = new Set<string>();
  const addCustomer = async (index: number) => {
    ids[index] = crypto.randomUUID();
    await insertCustomer(store, customerRow(organizationId, ids[index], `ext-${index}`));
  };
  for (const index of [0, 1, 2]) await addCustomer(index);
  const run = (opened = store, bucket = env.TEST_EXPORT) =>
    exportEvents(opened, bucket, new Budget({ statements: 100 }, () => now));
  const erase = (id: string) => eraseCustomer(store, env.TEST_EXPORT, { id }, enough());

  /** Runs the export until a call, and does something there instead of it or around it. */
  const interrupted = (at: number, how: string) => {
    let calls = 0;
    const hook = async <T>(carryOut: () => Promise<T>): Promise<T> => {
      if (calls++ !== at || how === "whole") return carryOut();
      if (how === "between") await run();
      if (how === "before") throw new Error("killed");
      const result = await carryOut();
      if (how === "after") throw new Error("killed");
      return result;
    };
    const opened = decorated(hook)(env, { organizationId, store: STORE });
    return run(opened, bucketWith(hook)).catch(() => {});
  };

  const take = async (each: Step) => {
    switch (each.kind) {
      case "ingest": {
        now += each.hours * HOUR;
        // By either id, in turn.
        const sent = each.of.map((index, at) => (at % 2 === 0 ? { customer_id: ids[index]! } : { external_customer_id: `ext-${index}` })); // prettier-ignore
        await send(store, sent, now);
        for (const index of each.of) owners.set(++last, ids[index]!);
        return;
      }
      case "export":
        return interrupted(each.at, each.how);
      case "retain":
        await catchUp(store, enough());
        await retain(store, { before: BEFORE, isExported: true }, enough());
        return;
      case "erase": {
        const id = ids[each.customer]!;
        let left = 1;
        for (let requests = 0; left > 0 && requests < each.requests; requests++) left = await erase(id);
        erased.add(id);
        await addCustomer(each.customer);
      }
    }
  };

  /** Ends everything that is under way, and returns the numbers of the events in all objects. */
  const finish = async () => {
    now += HOUR;
    await run();
    const going = await execute<{ id: string }>(
      sql`SELECT id FROM customers WHERE organization_id = ${organizationId} AND erased_bucket IS NOT NULL`,
      organizationId,
    );
    for (const { id } of going) while ((await erase(id)) > 0);
    return (await exported()).filter((line) => line.organization_id === organizationId).map(({ seq }) => seq);
  };
  const expected = () => [...owners].filter(([, id]) => !erased.has(id)).map(([seq]) => seq);
  return { take, finish, expected };
}

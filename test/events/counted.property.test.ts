import fc from "fast-check";
import { describe, it } from "vitest";
import { insertCustomer } from "../../src/customers/write.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { readEvents } from "../../src/events/list.ts";
import { listCounted } from "../../src/events/list-counted.ts";
import { listEventNames } from "../../src/events/names.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { retain } from "../../src/retention/retain.ts";
import type { Store } from "../../src/store/store.ts";
import { cases } from "../support/cases.ts";
import { customerRow } from "../support/customers.ts";
import { eraseAll } from "../support/erasing.ts";
import { wrongCounts } from "../support/event-counts.ts";
import { ACCEPTED, OLD, rowsOf, send } from "../support/retaining.ts";
import { storeOf } from "../support/stores.ts";
import { voidSome } from "../support/voiding.ts";

const CASES = cases(1 / 3);
const QUARTER = 900_000;

/** Many at the edges of quarters, some before 1970, where quarters are numbered towards zero. */
const time = fc
  .tuple(fc.constantFrom(0, OLD), fc.integer({ min: -2, max: 2 }), fc.constantFrom(-1, 0, 1, QUARTER / 2))
  .map(([around, quarter, by]) => around + quarter * QUARTER + by);
const sent = fc.record({
  name: fc.constantFrom("gen", "Gen two", "other"),
  timestamp: time,
  external_customer_id: fc.constantFrom("c1", "c2"),
});
const batch = fc.record({
  events: fc.array(sent, { maxLength: 12, size: "max" }),
  isCaughtUp: fc.constantFrom(true, true, false),
  voids: fc.boolean(),
  deletes: fc.constantFrom(null, null, null, "erase" as const, OLD - QUARTER, 1),
});
const limits = fc.record({ limit: fc.constantFrom(1, 2, 5, 100), page: fc.constantFrom(0, 1, 3) });
const conditions = {
  source: fc.constantFrom(["user" as const], ["user" as const, "system" as const]),
  query: fc.constantFrom("gen", "E"),
};
const list = fc.record(
  {
    ...conditions,
    name: fc.constantFrom(["gen"], ["other", "gen"]),
    start_timestamp: time,
    end_timestamp: fc.oneof(time, fc.constantFrom(0, 1)),
    sorting: fc.constantFrom(["timestamp" as const], ["-timestamp" as const]),
  },
  { requiredKeys: [] },
);
const names = fc.record(conditions, { requiredKeys: [] });

type Event = { id: string; name: string; source: "user" | "system"; timestamp: number };
type Conditions = { name?: readonly string[]; source?: readonly string[]; query?: string };

describe("Lists and names of events from counts", () => {
  it(`are those of a plain model, whatever is counted, voided and deleted (${CASES} cases)`, async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(list, names, limits), { minLength: 8, maxLength: 8 }),
        async (batches, queries) => {
          const store = storeOf(crypto.randomUUID());
          for (const { events, isCaughtUp, voids, deletes } of batches) {
            await send(store, events);
            if (isCaughtUp) await catchUp(store, new Budget({ statements: 100 }));
            if (voids) await voidSome(store, [0, 3], ACCEPTED);
            if (deletes === "erase") await eraseNew(store);
            else if (deletes !== null) await retain(store, { before: deletes, isExported: false }, new Budget({ statements: 100 })); // prettier-ignore
            expect(await wrongCounts(store)).toEqual([]);
            const stored = (await rowsOf(store)) as Event[];
            for (const [listed, named, { limit, page }] of queries) {
              const at = { limit, offset: page * limit, metadata: [] };
              const { items, total } = await readEvents(store, { ...listed, ...at } as never, null);
              const expected = modelList(stored, listed);
              expect(total).toBe(expected.length);
              expect(items.map(({ id }) => id)).toEqual(expected.slice(at.offset, at.offset + limit));
              expect(await listCounted(store, { ...listed, ...at } as never)).not.toBeNull();
              const found = await listEventNames(store, { ...named, ...at } as never);
              const expectedNames = modelNames(stored, named);
              expect(found.total).toBe(expectedNames.length);
              expect(found.rows.map(({ name, source, occurrences, first_seen, last_seen }) => [name, source, occurrences, first_seen, last_seen]))
                .toEqual(expectedNames.slice(at.offset, at.offset + limit)); // prettier-ignore
            }
          }
        },
      ),
      { numRuns: CASES },
    );
  });
});

/** Creates a customer, who takes over the events of c2, and erases it. */
async function eraseNew(store: Store): Promise<void> {
  const id = crypto.randomUUID();
  await insertCustomer(store, customerRow(store.organizationId, id, "c2"));
  await eraseAll(store, id);
}

const isFound = (event: Event, { name, source, query }: Conditions) =>
  (name ?? [event.name]).includes(event.name) &&
  (source ?? [event.source]).includes(event.source) &&
  event.name.toLowerCase().includes((query ?? "").toLowerCase());

type List = Conditions & { start_timestamp?: number; end_timestamp?: number; sorting?: readonly string[] };

/** The ids of all events of a list, in its order. */
function modelList(stored: Event[], { start_timestamp = -Infinity, end_timestamp = Infinity, sorting, ...of }: List) {
  const sign = sorting?.[0] === "timestamp" ? 1 : -1;
  const found = stored.filter(
    (each) => isFound(each, of) && each.timestamp > start_timestamp && each.timestamp < end_timestamp,
  );
  return found.toSorted((a, b) => sign * (a.timestamp - b.timestamp) || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}

/** All names, those that were seen last first. */
function modelNames(stored: Event[], of: Conditions) {
  const groups = Map.groupBy(
    stored.filter((each) => isFound(each, of)),
    ({ name, source }) => JSON.stringify([name, source]),
  );
  const found = [...groups].map(([key, events]) => {
    const times = events.map(({ timestamp }) => timestamp);
    return [...(JSON.parse(key) as [string, string]), events.length, Math.min(...times), Math.max(...times)] as const;
  });
  return found.toSorted((a, b) => b[4] - a[4] || (a[0] === b[0] ? (a[1] < b[1] ? -1 : 1) : a[0] < b[0] ? -1 : 1));
}

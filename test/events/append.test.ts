import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, it } from "vitest";
import { append } from "../../src/events/append.ts";
import type { NewEvent } from "../../src/events/event-json.ts";
import { findEvent } from "../../src/events/queries.ts";
import { ORGANIZATION } from "../support/api.ts";
import { execute, onTransport, STORE, storeOf } from "../support/stores.ts";
import { cases } from "../support/cases.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const OPTIONS = { source: "user" as const, compare: false, now: NOW };
const eventOf = (external_id: string | null, n: number): NewEvent => ({
  name: "ai_usage",
  timestamp: NOW,
  customer_id: null,
  external_customer_id: "c1",
  external_id,
  parent_id: null,
  metadata: { n },
});

/** What happens to an attempt of a request: lost before or after the transaction, and how many others write then. */
const accident = fc.record({ after: fc.boolean(), others: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }) });
const request = fc.record({
  events: fc.array(fc.tuple(fc.option(fc.constantFrom("a", "b", "c", "d")), fc.nat(2)), { minLength: 1, maxLength: 6 }),
  compare: fc.boolean(),
  accidents: fc.array(accident, { maxLength: 2 }),
});

/** What each event of a request must come to, in a plain model of external_ids and the `n` that they were stored with. */
function expectedOf(events: [string | null, number][], seen: Map<string, number>) {
  return events.map(([key, n]) => {
    const first = key === null ? undefined : seen.get(key);
    if (first === undefined && key !== null) seen.set(key, n);
    if (first === undefined) return "inserted";
    return first === n ? "duplicate" : "duplicate_differs";
  });
}

describe("Appending", () => {
  it("stores each event once and says which, whatever is lost, repeated, or written in between", async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        const organization = crypto.randomUUID();
        const seen = new Map<string, number>();
        let others = 0;
        for (const { events, compare, accidents } of requests) {
          const left = [...accidents];
          const open = onTransport(async (carryOut) => {
            const next = left.shift();
            if (next === undefined) return carryOut();
            if (next.after) await carryOut();
            for (const count of next.others) {
              await append(storeOf(organization), Array.from({ length: count }, () => eventOf(null, -1)), OPTIONS); // prettier-ignore
              others += count;
            }
            throw new Error("D1_ERROR: Network connection lost.");
          });
          const before = new Map(seen);
          const expected = expectedOf(events, seen);
          const sent = events.map(([key, n]) => eventOf(key, n));
          const appended = (await append(open(env, { organizationId: organization, store: STORE }), sent, {
            ...OPTIONS,
            compare,
          }))!;
          expect(appended.inserted).toBe(expected.filter((result) => result === "inserted").length);
          if (!compare) continue;
          expect(appended.outcomes!.map(({ result }) => result)).toEqual(expected);
          for (const { id, index } of appended.outcomes!) {
            const [key, n] = events[index]!;
            const first = key === null ? n : (before.get(key) ?? events.find(([other]) => other === key)![1]);
            expect((await findEvent(storeOf(organization), id))?.metadata).toBe(`{"n":${first}}`);
          }
        }
        const results = await execute(
          sql<{
            id: string;
            metadata: string;
          }>`SELECT id, metadata FROM events WHERE organization_id = ${organization}`,
          organization,
        );
        expect(results.filter(({ metadata }) => metadata === '{"n":-1}')).toHaveLength(others);
        const free = requests.flatMap(({ events }) => events).filter(([key]) => key === null).length;
        expect(results).toHaveLength(others + seen.size + free);
        expect(new Set(results.map(({ id }) => id)).size).toBe(results.length);
      }),
      { numRuns: cases(1 / 10) },
    );
  });

  it("gives each event an id that is a UUID of version 4 in form and begins with its number", async ({ expect }) => {
    const store = storeOf();
    await execute(
      sql`INSERT INTO organizations (id, last_seq, activity_watermark) VALUES (${ORGANIZATION}, ${2 ** 40}, 0)`,
    );
    await append(store, [eventOf(null, 1), eventOf(null, 2)], OPTIONS);
    const results = await execute<{ id: string }>(sql`SELECT id FROM events ORDER BY seq`);
    expect(results[0]!.id).toMatch(/^01000000-0001-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(results[1]!.id).toBe(results[0]!.id.replace("0001", "0002"));
    expect((await findEvent(store, results[1]!.id))?.metadata).toBe('{"n":2}');
  });
});

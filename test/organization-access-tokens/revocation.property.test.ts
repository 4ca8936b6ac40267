import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, it, vi } from "vitest";
import { nextTurn } from "../../src/time/turn.ts";
import { TOKENS } from "../support/access-tokens.ts";
import { call, grant } from "../support/api.ts";
import { decorated, execute, storeOf } from "../support/stores.ts";
import { cases } from "../support/cases.ts";

/** Tokens that write; one more only revokes. */
const WRITERS = 3;

/**
 * Before each write, or each revocation of a writer's token, a client lets the others go first so many times. The writers
 * begin again until all revocations are done, and then write once more.
 */
const CLIENTS = fc.record({
  writes: fc.array(fc.array(fc.nat(4), { minLength: 1, maxLength: 6 }), { minLength: WRITERS, maxLength: WRITERS }),
  revocations: fc.array(fc.record({ writer: fc.nat(WRITERS - 1), after: fc.nat(4) }), { minLength: 1, maxLength: 4 }),
});

/** Freezes what KV answers to authentication: an edge location that never hears of a change. */
async function freeze(): Promise<void> {
  const original = env.TOKENS.get.bind(env.TOKENS) as (...of: any[]) => Promise<any>;
  const kept = new Map<string, string | null>();
  for (const { name } of (await env.TOKENS.list({ prefix: "token:" })).keys) kept.set(name, await original(name));
  vi.spyOn(env.TOKENS, "get").mockImplementation((async (key: string, ...rest: any[]) =>
    kept.has(key) ? kept.get(key) : original(key, ...rest)) as never);
}

/** The highest seq of an event that an organization has. */
async function lastSeq(organization: string): Promise<number> {
  const [[row]] = await storeOf(organization).read([
    sql<{ last: number }>`SELECT coalesce(max(seq), 0) AS last FROM events WHERE organization_id = ${organization}`,
  ]);
  return row!.last;
}

describe("Requests of several clients at once, each in an edge location that never hears of a revocation", () => {
  it("write nothing from the moment at which the revocation of their token was answered", async ({ expect }) => {
    let [accepted, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(CLIENTS, fc.scheduler(), async ({ writes, revocations }, scheduler) => {
        vi.restoreAllMocks();
        const organization_id = crypto.randomUUID();
        const ids = Array.from({ length: WRITERS }, () => crypto.randomUUID());
        const tokens = await Promise.all(ids.map((id) => grant({ id, organization_id })));
        const admin = await grant({ organization_id });
        // So that the organization knows each token: what follows only waits for the scheduler.
        for (const token of [admin, ...tokens]) await call("GET", "/v1/events/", { token });
        await freeze();
        // Every round trip to the store waits for its turn; the scheduler decides the order.
        const open = decorated((carryOut) => scheduler.schedule(Promise.resolve()).then(() => carryOut()));
        let isDone = false;
        const revokedAfter = new Map<number, number>();
        const wait = async (times: number) => {
          for (let i = 0; i < times; i++) await scheduler.schedule(Promise.resolve(), "wait");
        };
        const revoke = async () => {
          try {
            for (const { writer, after } of revocations) {
              await wait(after);
              const { status } = await call("DELETE", TOKENS + ids[writer], { token: admin, open });
              expect(status).toBe(204);
              if (!revokedAfter.has(writer)) revokedAfter.set(writer, await lastSeq(organization_id));
            }
          } finally {
            isDone = true;
          }
        };
        const write = async (pauses: number[], writer: number) => {
          for (let [i, isLast] = [0, false]; !isLast; i++) {
            // Timers wait as long as the database, which is in the same process, has answers.
            await nextTurn();
            await wait(pauses[i % pauses.length]!);
            isLast = isDone;
            const wasRevoked = revokedAfter.has(writer);
            const body = { events: [{ name: `of ${writer}`, external_customer_id: "c" }] };
            const { status } = await call("POST", "/v1/events/ingest", { token: tokens[writer]!, body, open });
            expect(wasRevoked ? [401] : [200, 401]).toContain(status);
            if (status === 200) accepted++;
            else refused++;
          }
        };
        await scheduler.waitFor(Promise.all([revoke(), ...writes.map(write)]));
        const rows = await execute(
          sql<{ seq: number; name: string }>`SELECT seq, name FROM events WHERE organization_id = ${organization_id}`,
          organization_id,
        );
        for (const [writer, last] of revokedAfter) {
          expect(rows.filter(({ name, seq }) => name === `of ${writer}` && seq > last)).toEqual([]);
        }
      }),
      { numRuns: cases(1 / 8) },
    );
    // Both must have happened, or nothing was tested.
    expect(Math.min(accepted, refused)).toBeGreaterThan(0);
  });
});

import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { setUpPair, used } from "../support/customer-meters.ts";
import { execute } from "../support/stores.ts";

type Logged = { id: string; seq: number; name: string; source: string; v: number | null; units: number | null };

/** Numbers that look random, and are the same in each run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) yield (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

/** The balance after each event of the log, by the event's id: computed from the log alone, in the order of commits. */
async function balancesByEvent(): Promise<Map<string, number>> {
  const log = await execute(sql<Logged>`SELECT id, seq, name, source, metadata ->> '$.v' AS v, metadata ->> '$.units' AS units
    FROM events ORDER BY seq`); // prettier-ignore
  let [credited, consumed] = [0, 0];
  const balances = new Map<string, number>();
  for (const { id, name, source, v, units } of log) {
    if (source === "user") consumed += v ?? 0;
    else if (name === "meter.credited") credited = Math.max(0, credited + units!);
    else [credited, consumed] = [0, 0];
    balances.set(id, credited - consumed);
  }
  return balances;
}

describe("Two hundred consumptions at once", () => {
  it("among credits, resets, holds, settlements and ingestion never take more than is there", async ({ expect }) => {
    const set = await setUpPair(1500);
    const error = vi.spyOn(console, "error");
    const random = numbers(7);
    const next = (most: number) => 1 + Math.floor(random.next().value * most);
    const consumptions = Array.from({ length: 200 }, (_, i) =>
      // Each of forty external ids is sent twice, with the same contents.
      set.consume({ ...set.pair, event: i < 80 ? used(1 + (i % 40), { external_id: `e${i % 40}` }) : used(next(50)) }),
    );
    const settled = Array.from({ length: 25 }, async () => {
      const { json } = await set.hold({ ...set.pair, units: next(50) });
      if (!json.allowed) return [json];
      const ended = next(3) === 1 ? await set.release(json.hold.id) : await set.settle(json.hold.id, used(next(60)));
      return [json, ended.json];
    });
    const kept = Array.from({ length: 15 }, () => set.hold({ ...set.pair, units: next(20), expires_in: "P1D" }));
    const others = Array.from({ length: 30 }, (_, i) => {
      if (i % 3 === 0) return set.credit({ ...set.pair, units: next(60) });
      if (i % 3 === 1) return set.use("c1", next(5));
      return i === 14 ? set.reset(set.pair).then(() => set.credit({ ...set.pair, units: 700 })) : set.check(set.pair);
    });
    const answers = (await Promise.all(consumptions)).map(({ json }) => json);
    const holds = [...(await Promise.all(settled)).flat(), ...(await Promise.all(kept)).map(({ json }) => json)];
    await Promise.all(others);

    const balances = await balancesByEvent();
    const inserted = answers.filter(({ event }) => event?.result === "inserted");
    expect(inserted.length).toBeGreaterThan(40);
    expect(answers.filter(({ allowed }) => !allowed).length).toBeGreaterThan(20);
    for (const { event, available, customer_meter } of inserted) {
      expect(customer_meter.balance).toBe(balances.get(event.id));
      expect(available).toBe(customer_meter.balance - customer_meter.held_units);
      expect(available).toBeGreaterThanOrEqual(0);
    }
    for (const { allowed, available, required, customer_meter } of [...answers, ...holds]) {
      if (allowed === true) expect(available).toBe(customer_meter.balance - customer_meter.held_units);
      if (allowed === false) expect(available - required).toBeLessThan(0);
    }
    for (const { allowed, hold, available } of holds) {
      if (allowed === true && hold !== undefined) expect(available).toBeGreaterThanOrEqual(0);
    }
    const ids = inserted.map(({ event }) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
    const twice = await execute(
      sql`SELECT external_id FROM events GROUP BY 1 HAVING external_id IS NOT NULL AND count(*) > 1`,
    );
    expect(twice).toEqual([]);
    const [{ open }] = (await execute(sql`SELECT total(units) AS open FROM holds WHERE status = 'open'`)) as [
      { open: number },
    ];
    expect(await set.balance()).toMatchObject({ balance: [...balances.values()].at(-1), held_units: open });
    expect(error).not.toHaveBeenCalled();
  });
});

import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { deliver } from "../../src/webhooks/deliver.ts";
import { catchUpAndLog } from "../../src/engine/rollups/catch-up.ts";
import { goOnCancelling, goOnDeletingOld } from "../../src/operator/delete.ts";
import { goOnMoving, type Move } from "../../src/operator/move.ts";
import { refusalOf, switchIfCompared } from "../../src/operator/move-refusals.ts";
import { partsOf } from "../../src/operator/parts.ts";
import { openD1 } from "../../src/store/d1.ts";
import { openObject } from "../../src/store/object.ts";
import { toQuery } from "../../src/store/db.ts";
import type { Store } from "../../src/store/store.ts";
import { publishNext } from "../../src/organization-access-tokens/kv.ts";
import { findRecord } from "../../src/auth/records.ts";
import { newToken } from "../../src/auth/token.ts";
import { call, grant, METER, NOBODY, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import { setUpBalances, setUpPair, unitsOf, used } from "../support/customer-meters.ts";
import { DAY } from "../support/metering.ts";
import { ask, asOperator } from "../support/operator.ts";
import { receive, setUpWebhooks } from "../support/receiver.ts";
import { execute, objectOf, onTransport, storeOf } from "../support/stores.ts";

const PATH = `/operator/organizations/${ORGANIZATION}/move`;
const FUNCTIONS = ["count", "sum", "max", "min", "avg", "unique"];

/** Moves as the command does. */
async function moveAll(): Promise<void> {
  const post = await asOperator();
  while ((await post(PATH)).json.phase !== "done");
}

/** Some of everything that an organization can have, a part of the events not yet in the rollups. */
async function setUpAll(count = 300) {
  const set = await setUpBalances();
  const meters: string[] = [];
  for (const func of FUNCTIONS) meters.push((await set.meter(func)).id);
  for (const id of ["c1", "c2"]) await set.customer(id, id);
  const { id: former } = await set.customer("c3", "c3");
  await set.use("c3", 1);
  await call("DELETE", `/v1/customers/${former}`, { token: set.token });
  await set.customer("c3", "c3");
  await set.use("c1", 0.1, 0.2, 1e300, "é💧", true);
  await set.credit({ external_customer_id: "c1", meter_id: meters[1], units: 0.7 });
  await set.reset({ external_customer_id: "c2", meter_id: meters[1] });
  for (const units of [5, 7]) await set.hold({ external_customer_id: "c2", meter_id: meters[0], units, minimum_balance: -100 }); // prettier-ignore
  const events = Array.from({ length: count }, (_, i) => ({
    name: "use",
    external_customer_id: `c${i % 50}`,
    external_id: `e${i}`,
    timestamp: new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString(),
    metadata: { v: i / 7 },
  }));
  await set.ingest(...events);
  await worker.scheduled({} as ScheduledController, env);
  await set.use("c2", 5);
  await call("POST", "/v1/meters/", { token: set.token, body: METER, headers: { "Idempotency-Key": "k" } });
  const read = async () => {
    const quantities = await Promise.all(
      meters.map((id) => call("GET", `/v1/meters/${id}/quantities?${DAY}`, { token: set.token })),
    );
    const list = await set.list("?external_customer_id=c1&external_customer_id=c2&external_customer_id=c3&limit=100");
    const stored = await call("GET", "/v1/events/?limit=100", { token: set.token });
    const holds = await call("GET", "/v1/customer-meters/holds", { token: set.token });
    return [...quantities.map(({ json }) => json), list.json.items.map(unitsOf), stored.json, holds.json];
  };
  return { ...set, meters, events, read };
}

const rowsAt = async (store: Store) => {
  const [[row]] = await store.read([
    sql`SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM meter_rollups)
        + (SELECT count(*) FROM meter_totals) + (SELECT count(*) FROM meter_total_uniques)
        + (SELECT count(*) FROM meter_uniques) + (SELECT total(count) FROM meter_value_counts) AS rollups,
      (SELECT count(*) FROM customers) AS customers, (SELECT count(*) FROM holds) AS holds, (SELECT count(*) FROM generations) AS generations, (SELECT count(*) FROM meters) AS meters`,
  ]);
  return row;
};
const ONE_STEP: Budget = new Budget({ statements: 0 });
const NO_LIMIT: Budget = new Budget();
const nameNew = (after: string) => publishNext({ store: OBJECT(), kv: env.TOKENS }, Date.now(), after);
const [D1, OBJECT] = [() => openD1(env, ORGANIZATION), () => openObject(env, ORGANIZATION)];

/** Takes one step of a move, and returns the phase that comes next. */
const step = async (move: Move = { from: D1(), to: OBJECT() }) => (await goOnMoving(move, ONE_STEP, nameNew)).phase;
/** Takes steps until a phase comes next; the first one is that of a move that has not begun. */
async function stepTo(phase: string): Promise<void> {
  if (phase !== "copy") while ((await step()) !== phase);
}

describe.runIf(env.STORE === "d1")("Moving an organization to an object", () => {
  it("needs an operator's key", async ({ expect }) => {
    expect((await ask(PATH)).status).toBe(401);
    expect((await ask(PATH, null, newToken())).json.error).toBe("invalid_token");
    expect((await ask(PATH, null, await grant())).json.error).toBe("invalid_token");
    const { token } = await setUpBalances();
    expect((await call("POST", "/v1/meters/", { token, body: METER })).status).toBe(201);
  });

  it("refuses what is not an organization's id, one that does not exist, and to delete the only rows", async ({
    expect,
  }) => {
    const post = await asOperator();
    expect((await post("/operator/organizations/x/move")).status).toBe(401);
    expect((await post(PATH)).status).toBe(404);
    expect(await execute(sql`SELECT * FROM write_refusals`, NOBODY)).toEqual([]);
    await call("POST", "/v1/meters/", { token: await grant(), body: METER });
    expect((await post(`${PATH}/delete-old`)).json.error).toBe("Conflict");
  });

  it("takes no progress from the command: what it sends changes nothing", async ({ expect }) => {
    const { read } = await setUpAll(60);
    const before = await read();
    expect(await step()).not.toBe("switch");
    const post = await asOperator();
    for (const phase of ["switch", "done"]) await post(PATH, { phase, cursor: null, begun: null });
    while ((await post(PATH, { phase: "done" })).json.phase !== "done");
    expect(await read()).toEqual(before);
    expect(await rowsAt(OBJECT())).toEqual(await rowsAt(D1()));
  });

  it("does not switch before all is copied and compared, whoever says so", async ({ expect }) => {
    const { read } = await setUpAll(60);
    const before = await read();
    await step();
    const begun = (await refusalOf(D1()))!;
    await D1().write([switchIfCompared(D1(), begun.created_at)]);
    expect((await refusalOf(D1()))?.reason).toBe("moving");
    expect(await read()).toEqual(before);
  });

  it("goes on where it was, with another command too; two at once copy and compare all the same", async ({
    expect,
  }) => {
    const { read } = await setUpAll(300);
    // Otherwise the object might catch up before its rollups are looked at.
    await worker.scheduled({} as ScheduledController, env);
    const before = await read();
    await stepTo("compare");
    const saved = (await refusalOf(D1()))!.progress!;
    expect(JSON.parse(saved)).toEqual({ phase: "compare", cursor: null });
    const finish = async () => {
      while ((await step()) !== "done");
    };
    await Promise.all([finish(), finish()]);
    expect(await read()).toEqual(before);
    expect(await rowsAt(OBJECT())).toEqual(await rowsAt(D1()));
  });

  it("is not set back by a command that lags behind another one", async ({ expect }) => {
    await setUpAll(60);
    const from = D1();
    let isOvertaken = false;
    const slow: Store = {
      ...from,
      async write(statements, options) {
        if (!isOvertaken && statements.some((each) => toQuery(each).sql.includes("SET progress"))) {
          isOvertaken = true;
          await stepTo("switch");
        }
        return from.write(statements, options);
      },
    };
    await step({ from: slow, to: OBJECT() });
    expect(isOvertaken).toBe(true);
    expect(JSON.parse((await refusalOf(from))!.progress!).phase).toBe("switch");
    expect([await step(), await step()]).toEqual(["tokens", "done"]);
  });

  it("leaves every answer as it was, and its tokens name the new store", async ({ expect }) => {
    const { token, read, events, ingest, meters, list } = await setUpAll();
    const other = await grant({ organization_id: OTHER_ORGANIZATION });
    await call("POST", "/v1/meters/", { token: other, body: METER });
    const before = await read();
    const counts = await rowsAt(OBJECT());
    await moveAll();
    expect(counts).toEqual({ events: 0, rollups: 0, customers: 0, meters: 0, generations: 0, holds: 0 });
    expect(await read()).toEqual(before);
    expect((await findRecord(env.TOKENS, token))?.store).toBe("object");
    // Duplicates are known, and new events count at once.
    expect((await ingest(...events.slice(0, 5), { name: "use", external_customer_id: "c1", metadata: { v: 1 } })).inserted).toBe(1); // prettier-ignore
    await runDurableObjectAlarm(objectOf());
    expect((await list("?external_customer_id=c1&limit=100")).json.items).toHaveLength(7);
    const total = await call("GET", `/v1/meters/${meters[0]}/quantities?${DAY.replaceAll("2026-01-01", new Date().toISOString().slice(0, 10))}`, { token }); // prettier-ignore
    expect(total.json.total).toBe(8);
    expect((await call("GET", "/v1/meters/", { token: other })).json.pagination.total_count).toBe(1);
  });

  it("is done when it is asked for again, and then deletes the old rows, those of no other organization", async ({
    expect,
  }) => {
    const { read } = await setUpAll();
    const other = await grant({ organization_id: OTHER_ORGANIZATION });
    await call("POST", "/v1/meters/", { token: other, body: METER });
    await moveAll();
    await moveAll();
    const before = await read();
    const post = await asOperator();
    expect((await post(`${PATH}/cancel`)).json.error).toBe("Conflict");
    for (let isDone = false; !isDone;) isDone = (await post(`${PATH}/delete-old`)).json.done;
    expect(await rowsAt(D1())).toEqual({ events: 0, rollups: 0, customers: 0, meters: 1, generations: 0, holds: 0 });
    expect(await read()).toEqual(before);
    await moveAll();
    expect(await read()).toEqual(before);
  });

  it("refuses writes until it is done; reading goes on", async ({ expect }) => {
    const { token, read } = await setUpAll();
    const before = await read();
    let steps = 0;
    for (let phase = await step(); phase !== "done"; steps++) {
      const answer = await call("POST", "/v1/meters/", { token, body: METER });
      expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "5"]);
      expect(await read()).toEqual(before);
      await worker.scheduled({} as ScheduledController, env);
      await runDurableObjectAlarm(objectOf());
      phase = await step();
    }
    expect(steps).toBeGreaterThan(6);
    expect((await call("POST", "/v1/meters/", { token, body: METER })).status).toBe(201);
  });

  it.for([false, true])("goes on after a failure at any call (carried out: %s)", async (isCarriedOut, { expect }) => {
    const { read } = await setUpAll(60);
    const before = await read();
    let [calls, failAt] = [0, 0];
    const failing = (store: Store): Store => {
      const carryOut = async <T>(run: () => Promise<T>): Promise<T> => {
        if (calls++ !== failAt) return run();
        if (isCarriedOut) await run();
        throw new Error("The store failed.");
      };
      return {
        ...store,
        read: (statements) => carryOut(() => store.read(statements)),
        write: (statements, options) => carryOut(() => store.write(statements, options)),
      };
    };
    const move: Move = { from: failing(D1()), to: failing(OBJECT()) };
    let isDone = false;
    for (; !isDone; failAt++) {
      calls = 0;
      isDone = await goOnMoving(move, NO_LIMIT, nameNew).then(
        () => true,
        () => false,
      );
      if (!isDone) expect(await read()).toEqual(before);
    }
    expect(failAt).toBeGreaterThan(20);
    expect(await read()).toEqual(before);
  });

  it("can be cancelled before the switch: nothing is left in the object", async ({ expect }) => {
    const { token, read } = await setUpAll();
    const before = await read();
    await stepTo("switch");
    const post = await asOperator();
    for (let isDone = false; !isDone;) isDone = (await post(`${PATH}/cancel`)).json.done;
    expect(await rowsAt(OBJECT())).toEqual({
      events: 0,
      rollups: 0,
      customers: 0,
      meters: 0,
      generations: 0,
      holds: 0,
    });
    expect((await call("POST", "/v1/meters/", { token, body: METER })).status).toBe(201);
    // A command that still runs begins again, instead of switching to an empty object.
    await step();
    expect((await refusalOf(D1()))!.reason).toBe("moving");
    await moveAll();
    expect((await read()).slice(0, 6)).toEqual(before.slice(0, 6));
  });

  it.for([
    sql`UPDATE events SET metadata = '{}' WHERE seq = 10`,
    sql`UPDATE meter_rollups SET sum = sum + 1 WHERE bucket = (SELECT max(bucket) FROM meter_rollups)`,
    sql`DELETE FROM customers WHERE name = 'c2'`,
    sql`INSERT INTO customer_activity VALUES (${ORGANIZATION}, 'zzz', 0)`,
  ])("does not switch when the two stores differ", async (damage, { expect }) => {
    await setUpAll();
    await stepTo("compare");
    await OBJECT().write([damage]);
    const goOn = async () => {
      while ((await step()) !== "done");
    };
    await expect(goOn()).rejects.toThrow(/differ/);
  });

  it("does not begin when the object has data of its own", async ({ expect }) => {
    const post = await asOperator();
    const token = await grant({ store: "object" });
    await call("POST", "/v1/meters/", { token, body: METER });
    const answer = await post(PATH);
    expect([answer.status, answer.json.error]).toEqual([409, "Conflict"]);
    expect((await call("POST", "/v1/meters/", { token, body: METER })).status).toBe(201);
    expect((await post(`${PATH}/cancel`)).json.done).toBe(true);
    expect((await call("GET", "/v1/meters/", { token })).json.pagination.total_count).toBe(2);
  });

  it("never switches to what another command has begun to copy", async ({ expect }) => {
    const { read } = await setUpAll(60);
    const before = await read();
    await stepTo("switch");
    await goOnCancelling({ from: D1(), to: OBJECT() }, NO_LIMIT);
    // A command that still runs goes on with the next move, from its beginning.
    expect(await step()).not.toBe("done");
    expect((await refusalOf(D1()))!.reason).toBe("moving");
    expect(await read()).toEqual(before);
  });

  it.for(["copy", "compare", "quantities", "switch"])(
    "is given up when it is cancelled in a request, before: %s",
    async (phase, { expect }) => {
      const { read, token } = await setUpAll(60);
      const before = await read();
      const move = { from: D1(), to: OBJECT() };
      await stepTo(phase);
      // The request has read whether it may go on when the other command cancels.
      let reads = 0;
      const from: Store = {
        ...move.from,
        async read(statements) {
          const rows = await move.from.read(statements);
          if (++reads === 4) await goOnCancelling(move, NO_LIMIT);
          return rows;
        },
      };
      await goOnMoving({ from, to: move.to }, NO_LIMIT, nameNew).catch(() => {});
      expect(reads).toBeGreaterThan(3);
      expect(await read()).toEqual(before);
      expect(await rowsAt(OBJECT())).toEqual({
        events: 0,
        rollups: 0,
        customers: 0,
        meters: 0,
        generations: 0,
        holds: 0,
      });
      expect((await call("POST", "/v1/meters/", { token, body: METER })).status).toBe(201);
      await moveAll();
    },
  );

  it("can be cancelled in the middle of the copy, and begun again", async ({ expect }) => {
    const { use, read } = await setUpAll(300);
    await step();
    await goOnCancelling({ from: D1(), to: OBJECT() }, NO_LIMIT);
    expect(await rowsAt(OBJECT())).toEqual({
      events: 0,
      rollups: 0,
      customers: 0,
      meters: 0,
      generations: 0,
      holds: 0,
    });
    await use("c1", 1);
    const before = await read();
    await moveAll();
    expect(await read()).toEqual(before);
  });

  it.for([false, true])(
    "goes on after a failure of the switch (carried out: %s), whatever the alarm did",
    async (isCarriedOut, { expect }) => {
      const { read } = await setUpAll(60);
      const before = await read();
      const move = { from: D1(), to: OBJECT() };
      await stepTo("switch");
      const failing = (store: Store): Store => ({
        ...store,
        async write(statements, options) {
          if (isCarriedOut) await store.write(statements, options);
          throw new Error("D1_ERROR: Network connection lost.");
        },
      });
      for (const broken of [
        { ...move, from: failing(move.from) },
        { ...move, to: failing(move.to) },
      ]) {
        await step(broken).catch(() => {});
        await runDurableObjectAlarm(objectOf());
        expect(await read()).toEqual(before);
      }
      await moveAll();
      expect(await read()).toEqual(before);
    },
  );

  it("has few statements in each request, also with many meters, and so has deleting them", async ({ expect }) => {
    const { token } = await setUpBalances();
    await call("POST", "/v1/meters/", { token, body: METER });
    await execute(sql`INSERT INTO meters SELECT format('%08x-0000-4000-8000-000000000000', i), organization_id, name, name_folded, unit,
      custom_label, custom_multiplier, filter, aggregation, metadata, created_at, modified_at, archived_at, version,
      definition_version, watermark, events_from, dimensions FROM meters CROSS JOIN (
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT i FROM n)`);
    const counts: number[] = [];
    const request = async (run: (move: Move, budget: Budget) => Promise<boolean>) => {
      let statements = 0;
      const d1 = D1();
      const from: Store = {
        ...d1,
        read: (of) => ((statements += of.length), d1.read(of)),
        write: (of, options) => ((statements += of.length), d1.write(of, options)),
      };
      const isDone = await run({ from, to: OBJECT() }, new Budget({ statements: 225 }));
      counts.push(statements);
      return isDone;
    };
    while (!(await request(async (move, budget) => (await goOnMoving(move, budget, nameNew)).phase === "done")));
    while (!(await request(goOnDeletingOld)));
    expect(Math.max(...counts)).toBeLessThan(300);
    expect(counts.length).toBeLessThan(50);
    expect(await rowsAt(D1())).toMatchObject({ meters: 0 });
    expect((await call("GET", "/v1/meters/", { token })).json.pagination.total_count).toBe(301);
  });

  it("can be marked again when D1 was restored to a time before", async ({ expect }) => {
    const { read } = await setUpAll(60);
    const before = await read();
    const post = await asOperator();
    expect((await post(`${PATH}/mark`)).status).toBe(409);
    await moveAll();
    await execute(sql`DELETE FROM write_refusals`, NOBODY);
    expect((await post(PATH)).json.detail).toContain("mark-moved");
    expect((await post(`${PATH}/mark`)).status).toBe(200);
    const old = await grant({ store: "d1" });
    expect((await call("GET", "/v1/events/", { token: old })).json.pagination.total_count).toBe(
      before.find(({ items }) => items?.[0]?.source !== undefined).pagination.total_count,
    );
    await moveAll();
  });

  it("does not say that a write was refused whose first attempt was stored", async ({ expect }) => {
    const token = await grant();
    let calls = 0;
    const open = onTransport(async (carryOut) => {
      const result = await carryOut();
      if (calls++ > 0) return result;
      await step();
      throw new Error("D1_ERROR: Network connection lost.");
    });
    const body = { events: [{ name: "e", external_customer_id: "c" }] };
    const answer = await call("POST", "/v1/events/ingest", { token, body, open });
    expect(answer.status).toBe(503);
    expect(answer.json.detail).not.toContain("moved");
    expect(await rowsAt(D1())).toMatchObject({ events: 1 });
  });

  it("carries out once a write that was stored before the move and is repeated after it", async ({ expect }) => {
    const token = await grant();
    let calls = 0;
    const open = onTransport(async (carryOut) => {
      const result = await carryOut();
      if (calls++ > 0) return result;
      await moveAll();
      throw new Error("D1_ERROR: Network connection lost.");
    });
    const body = { events: [{ name: "e", external_customer_id: "c" }] };
    expect((await call("POST", "/v1/events/ingest", { token, body, open })).status).toBe(200);
    expect((await call("GET", "/v1/events/", { token })).json.pagination.total_count).toBe(1);
  });

  it("moves an organization that has nothing but a token", async ({ expect }) => {
    await call("GET", "/v1/meters/", { token: await grant() });
    await moveAll();
    expect((await refusalOf(D1()))!.reason).toBe("moved");
  });
});

describe.runIf(env.STORE === "d1")("Moving an organization with webhooks and alerts", () => {
  it("is not an error of work that follows an answer", async ({ expect }) => {
    const { use } = await setUpPair();
    await use("c1", 1);
    await step();
    const error = vi.spyOn(console, "error");
    await catchUpAndLog(storeOf(), new Budget());
    await deliver([storeOf()], new Budget(), { env, fetch });
    expect(error).not.toHaveBeenCalled();
  });

  it.for([true, false])(
    "loses no event, sends each with its id, and triggers each threshold once (an open attempt is noted: %s)",
    async (isNoted, { expect }) => {
      const start = Date.now();
      const { meter_id, token, use, consume, pair } = await setUpPair();
      const { endpoint, deliveries } = await setUpWebhooks();
      await endpoint({ events: ["alert.triggered"] });
      const body = { name: "Alert", meter_id, basis: "consumed_units", thresholds: [50, 80, 90] };
      const { id } = (await call("POST", "/v1/alerts", { token, body })).json;
      const received = receive(() => 500);
      await use("c1", 60);
      expect(received).toMatchObject([{ data: { thresholds: [50] } }]);
      const taking = vi.mocked(fetch).getMockImplementation()!;
      let answer: (response: Response) => void = () => {};
      vi.mocked(fetch).mockImplementationOnce(async (...sent) => {
        await taking(...sent);
        return new Promise((resolve) => (answer = resolve));
      });
      const consuming = consume({ ...pair, event: used(25) });
      await vi.waitFor(() => expect(received).toHaveLength(2));
      // The last comparison was above the watermark.
      expect(await execute(sql`SELECT consumed_units FROM compared_balances`)).toEqual([{ consumed_units: 85 }]);

      await moveAll();
      const end = async () => {
        answer(new Response(null, { status: 204 }));
        expect((await consuming).status).toBe(200);
      };
      if (isNoted) await end();
      vi.mocked(fetch).mockImplementation(async (...sent) => {
        await taking(...sent);
        return new Response(null, { status: 204 });
      });
      vi.setSystemTime(start + 60_000);
      // The switch has set the alarm.
      expect(await runDurableObjectAlarm(objectOf())).toBe(true);
      const [first, second] = received.map((each) => each.id);
      const again = received.slice(2).map((each) => each.id);
      expect(new Set(again)).toEqual(new Set(isNoted ? [first] : [first, second]));
      expect(received).toHaveLength(isNoted ? 3 : 4);
      if (!isNoted) await end();
      const outcomes = (await deliveries()).map(({ webhook_event, succeeded }: any) => `${webhook_event.id} ${succeeded}`); // prettier-ignore
      expect(new Set(outcomes)).toEqual(new Set([`${first} false`, `${first} true`, `${second} true`]));

      await use("c1", 10);
      await runDurableObjectAlarm(objectOf());
      const { items } = (await call("GET", `/v1/alerts/${id}/triggers`, { token })).json;
      expect(items.map(({ thresholds, value }: any) => [thresholds, value])).toEqual([[[90], 95], [[80], 85], [[50], 60]]); // prettier-ignore
      expect(received.at(-1)).toMatchObject({ data: { thresholds: [90], value: 95 } });
      expect(received).toHaveLength(isNoted ? 4 : 5);
    },
  );
});

describe("The parts of an organization", () => {
  it("are of every table", async ({ expect }) => {
    await call("POST", "/v1/meters/", { token: await grant(), body: METER });
    const tables = await execute<{ name: string }>(
      sql`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'
        AND name NOT GLOB 'd1_*' AND name <> 'applied_migrations' ORDER BY 1`,
    );
    const parts = new Set((await partsOf(storeOf())).map(({ table }) => table));
    expect([...parts].toSorted()).toEqual(tables.map(({ name }) => name));
  });
});

import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { eraseCustomer, type EraseLimits } from "../../src/customers/erase.ts";
import { catchUpStatements } from "../../src/metering/catch-up.ts";
import type { Definition } from "../../src/metering/definition.ts";
import { newMeter } from "../../src/meters/create.ts";
import { insertMeter } from "../../src/meters/queries.ts";
import type { Store } from "../../src/store/store.ts";

/** So little that each request carries out one transaction, of few events. */
export const SMALL: EraseLimits = { time: 10_000, transactions: 1, reads: 3, examined: 4, erased: 2, buckets: 1 };

/** Erases a customer with as many requests as it takes; `between` runs after each of them. */
export async function eraseAll(
  store: Store,
  id: string,
  between: (remaining: number) => Promise<void> = async () => {},
  limits = SMALL,
): Promise<number> {
  for (let requests = 1; requests < 300; requests++) {
    const remaining = await eraseCustomer(store, { id }, Date.now(), limits);
    await between(remaining);
    if (remaining === 0) return requests;
  }
  throw new Error("The erasure does not end.");
}

/** Every text and number in the database, in lower case. */
export async function everything(): Promise<string> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
  ).all<{ name: string }>();
  const found = await Promise.all(tables.results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`).all()));
  return JSON.stringify(found.map(({ results }) => results)).toLowerCase();
}

type Counted = { id: string; definition: Definition };

/** Fails unless a meter's rollups are those that a new meter makes of the events which are stored. */
export async function expectRebuilt(store: Store, meters: Counted[]): Promise<void> {
  for (const { id, definition } of meters) {
    const meter = await env.DB.prepare("SELECT watermark FROM meters WHERE id = ?").bind(id).first<{ watermark: number }>(); // prettier-ignore
    const twin = newMeter(store.organizationId, { ...CREATE, ...definition }, 0);
    await insertMeter(store, twin);
    await store.write(catchUpStatements(store.organizationId, [{ id: twin.id, definition_version: 1, definition }], meter!.watermark)); // prettier-ignore
    const [own, expected] = [await rollupsOf(id), await rollupsOf(twin.id)];
    await env.DB.batch(
      ["meter_rollups WHERE meter_id", "meter_uniques WHERE meter_id", "meters WHERE id"].map((from) =>
        env.DB.prepare(`DELETE FROM ${from} = ?`).bind(twin.id),
      ),
    );
    expect(own).toEqual(expected);
  }
}

/** The rollups of a meter, except for those since resets; sums have nine digits. */
async function rollupsOf(id: string): Promise<unknown> {
  const isKept = `meter_id = ? AND (bucket = ${Number.MIN_SAFE_INTEGER} OR bucket > ${Number.MIN_SAFE_INTEGER + 2 ** 48})`;
  const [rollups, uniques] = await env.DB.batch([
    env.DB.prepare(
      `SELECT customer, bucket, count, sum, min, max, last_event_at FROM meter_rollups WHERE ${isKept} ORDER BY 1, 2`,
    ).bind(id),
    env.DB.prepare(`SELECT customer, bucket, value FROM meter_uniques WHERE ${isKept} ORDER BY 1, 2, 3`).bind(id),
  ]);
  const rows = (rollups!.results as { sum: number }[]).map((row) => ({ ...row, sum: row.sum.toPrecision(9) }));
  return { rows, uniques: uniques!.results };
}

const CREATE = {
  name: "Twin",
  metadata: {},
  unit: "scalar" as const,
  custom_label: null,
  custom_multiplier: null,
  organization_id: null,
};

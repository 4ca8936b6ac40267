import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { eraseCustomer } from "../../src/customers/erase.ts";
import { Budget, type BudgetLimits } from "../../src/jobs/budget.ts";
import { catchUpStatements } from "../../src/engine/rollups/catch-up-statements.ts";
import { compileMeter } from "../../src/engine/rollups/matching.ts";
import type { Definition } from "../../src/engine/definition/definition.ts";
import type { StepLimits } from "../../src/engine/upkeep/erase.ts";
import { TABLES } from "../../src/engine/upkeep/verify-tables.ts";
import { newMeter } from "../../src/meters/create.ts";
import { db } from "../../src/store/db.ts";
import type { Store } from "../../src/store/store.ts";
import { meters } from "../../src/store/tables.ts";
import { execute } from "./stores.ts";

/** Limits so small that each request runs one or two transactions with few events. */
export const SMALL: BudgetLimits & StepLimits = { statements: 12, examined: 4, erased: 2, buckets: 1 };

/** Erases a customer with as many requests as it takes; `between` runs after each of them. */
export async function eraseAll(
  store: Store,
  id: string,
  between: (remaining: number) => Promise<void> = async () => {},
  limits = SMALL,
  bucket: R2Bucket | null = null,
): Promise<number> {
  for (let requests = 1; requests < 300; requests++) {
    const remaining = await eraseCustomer(store, bucket, { id }, new Budget(limits), limits);
    await between(remaining);
    if (remaining === 0) return requests;
  }
  throw new Error("The erasure does not end.");
}

/** Every text and number in the tests' organization's database, in lower case. */
export async function everything(): Promise<string> {
  const tables = await execute<{ name: string }>(
    sql`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'`,
  );
  const found = await Promise.all(tables.map(({ name }) => execute(sql`SELECT * FROM ${sql.identifier(name)}`)));
  return JSON.stringify(found).toLowerCase();
}

type Counted = { id: string; definition: Definition };

/** Fails unless a meter's rollups equal those of a new meter on the stored events. */
export async function expectRebuilt(store: Store, counted: Counted[]): Promise<void> {
  for (const { id, definition } of counted) {
    let compared = await rebuild(store, id, definition);
    // An object can catch up between two calls.
    while (compared === null) compared = await rebuild(store, id, definition);
    expect(compared.own).toEqual(compared.expected);
  }
}

/** The rollups of a meter and of a copy of it rebuilt from the events, which exists in this transaction only. */
async function rebuild(store: Store, id: string, definition: Definition) {
  const watermarkOf = sql<{ watermark: number }>`SELECT watermark FROM meters WHERE id = ${id}`;
  const [[before]] = await store.read([watermarkOf]);
  const rebuilt = newMeter(store.organizationId, { ...CREATE, ...definition }, 0);
  const span = { organizationId: store.organizationId, start: 0, end: before!.watermark };
  const steps = catchUpStatements(
    [compileMeter({ id: rebuilt.id, definition_version: 1, definition, names: null })],
    span,
    0,
  );
  const results = await store.write([
    db.insert(meters).values(rebuilt),
    ...steps,
    watermarkOf,
    ...rollupsOf(id),
    ...rollupsOf(rebuilt.id),
    ...TABLES.map(({ name }) => sql`DELETE FROM ${sql.raw(name)} WHERE meter_id = ${rebuilt.id}`),
    sql`DELETE FROM meters WHERE id = ${rebuilt.id}`,
  ]);
  const [after, ...rows] = results.slice(1 + steps.length).map((result) => result.rows);
  if ((after as { watermark: number }[])[0]!.watermark !== before!.watermark) return null;
  return { own: rows.slice(0, TABLES.length), expected: rows.slice(TABLES.length, 2 * TABLES.length) };
}

/** Reads what a meter has counted, except for totals since resets; sums have nine digits. */
function rollupsOf(id: string) {
  const numbers = sql`count, format('%.9g', sum) AS sum, min, max, last_event_at`;
  return [
    sql`SELECT customer, bucket, ${numbers} FROM meter_rollups WHERE meter_id = ${id} ORDER BY 1, 2`,
    sql`SELECT customer, bucket, value FROM meter_uniques WHERE meter_id = ${id} ORDER BY 1, 2, 3`,
    sql`SELECT customer, bucket, previous, count FROM meter_value_counts WHERE meter_id = ${id} ORDER BY 1, 2, 3`,
    sql`SELECT customer, ${numbers} FROM meter_totals WHERE meter_id = ${id} AND since = 0 ORDER BY 1`,
    sql`SELECT customer, dimension, bucket, dimension_value, count, format('%.9g', sum) AS sum, min, max
      FROM meter_dimensions WHERE meter_id = ${id} ORDER BY 1, 2, 3, 4`,
    sql`SELECT customer, dimension, bucket, dimension_value, value FROM meter_dimension_uniques WHERE meter_id = ${id}
      ORDER BY 1, 2, 3, 4, 5`,
  ];
}

const CREATE = {
  name: "Rebuilt",
  metadata: {},
  unit: "scalar" as const,
  custom_label: null,
  custom_multiplier: null,
  organization_id: null,
};

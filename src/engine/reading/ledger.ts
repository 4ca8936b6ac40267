import { type SQL, sql } from "drizzle-orm";
import { type BalanceMeter, balancesSql } from "./balances.ts";
import { keysOf, type Owner } from "../rollups/customer-key.ts";
import type { Statement } from "../../store/store.ts";
import { forgetValues } from "../rollups/values.ts";
import { acceptBalances, compareBalances } from "./compare.ts";

// The units that were credited to a customer on a meter, and its last reset. Each credit and reset is also an event in the
// organization's log; its seq tells which events were accepted before it.

/** A customer, a meter, and whether alerts watch the meter, as they were read before the change. */
export type Pair = { customer: Owner; meter: BalanceMeter; isWatched?: boolean };

/** Balances stay below the greatest integer that JSON carries exactly. */
const MAX_UNITS = sql.raw(String(Number.MAX_SAFE_INTEGER));

/** SQL: true if the customer and the meter have not changed since they were read. */
export function isCurrent(organizationId: string, { customer, meter }: Pair): SQL {
  return sql`(
    EXISTS (
      SELECT 1 FROM customers WHERE id = ${customer.id} AND organization_id = ${organizationId}
        AND external_id IS ${customer.external_id} AND deleted_at IS NULL
    )
    AND EXISTS (SELECT 1 FROM meters WHERE id = ${meter.id} AND definition_version = ${meter.definition_version})
  )`;
}

/** A WITH clause whose table `balances` has one row: the balance of a pair. */
export function balanceOf(organizationId: string, { customer, meter }: Pair): SQL {
  return sql`WITH chosen (id, external_key) AS (${ownerSql(customer)}),
    ${balancesSql(organizationId, [meter], sql`chosen`)}`;
}

/** Selects a customer as balances need it. */
function ownerSql(customer: Owner): SQL {
  return sql`SELECT ${customer.id}, ${keysOf(customer)[1] ?? null}`;
}

/**
 * Puts the evaluation of alerts around the statements of a credit or a reset: the same statements if no alert watches.
 * @param isReset whether the balance afterwards triggers nothing
 */
export function comparing(
  organizationId: string,
  pair: Pair,
  now: number,
  isReset: boolean,
  entry: Statement[],
): Statement[] {
  if (pair.isWatched !== true) return entry;
  const customers = sql`${ownerSql(pair.customer)} WHERE ${isCurrent(organizationId, pair)}`;
  const compared = { organizationId, meters: [pair.meter], customers, now };
  const after = isReset ? acceptBalances(compared) : compareBalances(compared);
  return [...compareBalances(compared), ...entry, ...after];
}

/** SQL: true if the units can be added without exceeding the maximum. */
export function canHold({ customer, meter }: Pair, units: number): SQL {
  return sql`NOT EXISTS (
    SELECT 1 FROM meter_balances
    WHERE meter_id = ${meter.id} AND customer_id = ${customer.id} AND credited_units > ${MAX_UNITS} - ${units}
  )`;
}

/** Adds units to the customer's credit, which never falls below zero. */
export function addCredit({ customer, meter }: Pair, units: number, now: number, condition: SQL): SQL {
  return sql`
    INSERT INTO meter_balances (meter_id, customer_id, credited_units, reset_seq, modified_at)
    SELECT ${meter.id}, ${customer.id}, max(0, ${units}), 0, ${now} WHERE ${condition}
    ON CONFLICT (meter_id, customer_id) DO UPDATE
      SET credited_units = max(0, credited_units + ${units}), modified_at = excluded.modified_at`;
}

/** The units that a reset with rollover credits again: the integer part of a positive balance, otherwise 0. */
export const UNITS_LEFT = sql`CAST(min(max(balance, 0), ${MAX_UNITS}) AS INTEGER)`;

/** The values of a pair from before its last reset. */
export function areFromBefore({ customer, meter }: Pair): SQL {
  return sql`meter_id = ${meter.id} AND customer IN (SELECT value FROM json_each(${JSON.stringify(keysOf(customer))})) AND since > 0
      AND since < (SELECT reset_seq FROM meter_balances WHERE meter_id = ${meter.id} AND customer_id = ${customer.id})`;
}

/**
 * Restarts a pair at the seq of a reset: only later events and credits count. New totals for both identities of the customer
 * replace those since an earlier reset; catch-up adds to them. More than `MOST_FORGOTTEN` values are left, which nothing reads.
 * @param units the units that are credited at once
 */
export function startAgain({ customer, meter }: Pair, seq: SQL, units: SQL, now: number, condition: SQL): SQL[] {
  const keys = JSON.stringify(keysOf(customer));
  const earlier = sql`meter_id = ${meter.id} AND customer IN (SELECT value FROM json_each(${keys}))
      AND since > 0 AND ${condition}`;
  return [
    sql`
    INSERT INTO meter_balances (meter_id, customer_id, credited_units, reset_seq, reset_at, modified_at)
    SELECT ${meter.id}, ${customer.id}, ${units}, ${seq}, ${now}, ${now} WHERE ${condition}
    ON CONFLICT (meter_id, customer_id) DO UPDATE SET credited_units = excluded.credited_units,
      reset_seq = excluded.reset_seq, reset_at = excluded.reset_at, modified_at = excluded.modified_at`,
    forgetValues(sql`${areFromBefore({ customer, meter })} AND ${condition}`),
    sql`DELETE FROM meter_totals WHERE ${earlier}`,
    sql`
    INSERT INTO meter_totals (meter_id, customer, since, count, sum)
    SELECT ${meter.id}, value, ${seq}, 0, 0 FROM json_each(${keys}) WHERE ${condition}`,
  ];
}

import { type SQL, sql } from "drizzle-orm";
import { ServiceUnavailable } from "../errors.ts";
import { STATEMENT_BUDGET } from "../engine/definition/scan-cost.ts";
import { readSingle } from "../engine/reading/affordable.ts";
import { type Balance, balancesSql } from "../engine/reading/balances.ts";
import { affordableParts, partsOf, type RecentEvents } from "../engine/reading/meter-parts.ts";
import { heldUnits } from "../engine/reading/held.ts";
import { type KnownMeter, readWithMeters } from "../engine/reading/known-meters.ts";
import { given, PreparedStatements } from "../store/prepared.ts";
import type { Statement, Store } from "../store/store.ts";
import { customers } from "../store/tables.ts";
import {
  type CustomerRef,
  EXTERNAL_KEY,
  type FoundCustomer,
  isNamed,
  likeRef,
  onlyCustomer,
  selectCustomer,
} from "./queries.ts";

/** A balance, and what is held of it. */
export type StateBalance = Balance & { held_units: number };

/** A customer, what was used of each meter and credited on it, and the rows of one more statement. */
type CustomerBalances<Row> = {
  customer: FoundCustomer;
  balances: { meter: KnownMeter; balance: StateBalance }[];
  also: Row[];
};

/**
 * Reads a customer with the balance on each meter: exact for everything that was accepted before, in one round trip where the
 * organization's meters are known, else in two. An archived meter has one as long as it has counted something.
 * @param now milliseconds since 1970 UTC
 * @param isWanted chooses meters
 * @param also one more statement that reads from the same snapshot
 * @throws ResourceNotFound when there is no such customer
 */
export async function readBalances<Row = never>(
  store: Store,
  ref: CustomerRef,
  now: number,
  isWanted: (meter: KnownMeter) => boolean = () => true,
  also: Statement<Row> = sql`SELECT 0 WHERE false`,
): Promise<CustomerBalances<Row>> {
  const { meters, rows } = await readWithMeters(store, (known) => {
    return [also, ...prepared(store.organizationId, known.filter(isWanted), ref, now)];
  });
  const [more, found, ...read] = rows as [Row[], FoundCustomer[], ...Selected[][]];
  const customer = onlyCustomer(found, ref);
  const wanted = meters.filter(isWanted);
  const byMeter = new Map<string, StateBalance>();
  for (const [i, group] of partsOf(wanted).entries()) {
    for (const balance of await balancesIn(read[i]!, store, group, ref, now)) byMeter.set(balance.meter_id, balance);
  }
  const balances = wanted.flatMap((meter) => {
    const balance = byMeter.get(meter.id);
    const isActive = balance !== undefined && (meter.archived_at === null || balance.modified_at !== null);
    return isActive ? [{ meter, balance }] : [];
  });
  return { customer, balances, also: more };
}

const PREPARED = new PreparedStatements(5_000_000);
const NOW = given("now");

/** The statements that select a customer, and the balances on each part of the meters. */
function prepared(organizationId: string, meters: KnownMeter[], ref: CustomerRef, now: number): Statement[] {
  const { named, like } = likeRef(ref);
  const versions = meters.map(({ id, definition_version }) => `${id} ${definition_version}`);
  const key = [organizationId, ...Object.keys(ref), ...versions].join(" ");
  return PREPARED.get(key, { named, now }, () => {
    const groups = partsOf(meters);
    const budget = STATEMENT_BUDGET / groups.length;
    const balances = groups.map((group) => selectBalances(organizationId, group, like, NOW, budget));
    return [selectCustomer(organizationId, like), ...balances];
  });
}

/** A balance, or a row without one when all of them together would take longer than the budget. */
type Selected = (StateBalance | { meter_id: null }) & RecentEvents & { is_affordable: number };

/**
 * Returns the balances that were selected. Those that would take too long in one statement are read in parts, each from its
 * own snapshot.
 * @throws ServiceUnavailable when the customer is deleted meanwhile, a meter gets another definition, or is too far behind
 */
async function balancesIn(
  rows: Selected[],
  store: Store,
  meters: KnownMeter[],
  ref: CustomerRef,
  now: number,
): Promise<StateBalance[]> {
  const [first] = rows;
  if (first!.is_affordable === 1) return rows.filter((row) => row.meter_id !== null);
  const balances: StateBalance[] = [];
  // Half of the budget: meanwhile ingestion catches up, and another organization waits for both.
  for (const part of affordableParts(meters, first!, STATEMENT_BUDGET / 2)) {
    const select = async (budget: number | null) =>
      (await store.read([selectBalances(store.organizationId, part, ref, now, budget)]))[0];
    const found = await (part.length === 1 ? readSingle(store, part[0]!.id, select) : select(STATEMENT_BUDGET));
    const read = await balancesIn(found, store, part, ref, now);
    if (read.length < part.length) throw new ServiceUnavailable(1);
    balances.push(...read);
  }
  return balances;
}

/** Selects balances, unless that would take longer than the budget, in microseconds. */
function selectBalances(
  organizationId: string,
  meters: KnownMeter[],
  ref: CustomerRef<SQL>,
  now: number | SQL,
  budget: number | null,
): Statement<Selected> {
  const held = heldUnits({ customer_id: sql`balances.customer_id`, meter_id: sql`balances.meter_id` }, now);
  return sql`
    WITH chosen (id, external_key) AS MATERIALIZED (
      SELECT ${customers.id}, ${EXTERNAL_KEY} FROM ${customers} WHERE ${isNamed(organizationId, ref)}
    ),
    ${balancesSql(organizationId, meters, sql`chosen`, { budget })}
    SELECT *, ${held} AS held_units FROM affordable LEFT JOIN balances`;
}

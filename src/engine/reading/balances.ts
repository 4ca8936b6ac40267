import { type SQL, sql } from "drizzle-orm";
import { resultTables } from "../rollups/balance-tables.ts";
import { CUSTOMER_OF_EVENT } from "../rollups/customer-key.ts";
import { keepsValues } from "../definition/aggregation.ts";
import { compileWith, type Definition, type DefinitionSql } from "../definition/definition.ts";
import { BoundValues } from "../definition/event-sql.ts";
import { affordableTables } from "./meter-parts.ts";

/** A meter whose balances are read, and the definition that the statement is compiled from. */
export type BalanceMeter = { id: string; definition_version: number; definition: Definition };

/** A balance: what a customer used of a meter and was credited since the last reset. */
export type Balance = {
  customer_id: string;
  meter_id: string;
  consumed_units: number;
  credited_units: number;
  balance: number;
  /** When the last counted event, credit or reset was accepted: milliseconds since 1970 UTC; null without any. */
  modified_at: number | null;
};

/**
 * The tables of a WITH clause that ends with `balances`: one row of `Balance` per customer and meter. It is exact, from
 * totals and the events above the watermarks, so the cost does not depend on the number of earlier events. A meter with
 * another definition than the given one has no rows.
 * With candidates there are more columns: `is_counted`, and `consumed_before`, `balance_before` and `modified_before`, which
 * are without them.
 * @param customers the name of a table with the columns `id` and `external_key` (or NULL), each undeleted customer once
 * @param limits what is read; everything, if there is no budget
 */
export function balancesSql(
  organizationId: string,
  meters: readonly BalanceMeter[],
  customers: SQL,
  limits: BalanceLimits = {},
): SQL {
  const hasUnique = meters.some(({ definition }) => keepsValues(definition.aggregation.func));
  const tables = [
    tailTables(organizationId, meters, customers, limits),
    ...resultTables(hasUnique, limits.candidate !== undefined),
  ];
  return sql.join(tables, sql`,\n    `);
}

/**
 * The first of these tables: in `keyed` the keys of customers on meters, and in `tail` their events that are in no total.
 * SQLite parses a table of a WITH clause again for each use, and all that it uses: so few of them use others twice.
 */
export function tailTables(
  organizationId: string,
  meters: readonly BalanceMeter[],
  customers: SQL,
  { isPair, budget = null, candidate }: BalanceLimits = {},
): SQL {
  const values = new BoundValues();
  const compiled = meters.map(({ definition }) => compileWith(definition, values));
  const bound = values.shared();
  const tables = [
    ...bound.tables,
    keysSql(organizationId, meters, customers, isPair),
    affordableTables(organizationId, meters, budget, OF_KEYS),
    recentSql(organizationId, budget, candidate),
    sql`tail AS MATERIALIZED (${tailSql(compiled, bound.from, candidate)})`,
  ];
  return sql.join(tables, sql`,\n    `);
}

/**
 * Which pairs of `id` and `metered.id` are read, the microseconds that examining their tail may take, and which events `e` of a
 * key `k` are candidates, with a SELECT of one that is examined as if it were stored.
 */
export type BalanceLimits = {
  isPair?: SQL | undefined;
  budget?: number | null;
  candidate?: { is: SQL; row?: SQL };
};

/**
 * Both identities of each customer on each meter, the seq after which the customer's events count, and the seq `low` up to
 * which a total has them.
 */
function keysSql(organizationId: string, meters: readonly BalanceMeter[], customers: SQL, isPair = sql`true`): SQL {
  const read = meters.map(({ id, definition_version, definition }) => [
    id,
    definition_version,
    definition.aggregation.func,
  ]);
  return sql`keyed (customer_id, meter_id, place, func, watermark, customer, since, credited, changed_at, low) AS MATERIALIZED (
      SELECT chosen.id, metered.id, read.key, read.value ->> 2, watermark,
        CASE identity.value WHEN 'id' THEN 'id:' || chosen.id ELSE external_key END, coalesce(reset_seq, 0),
        coalesce(credited_units, 0), b.modified_at, max(watermark, coalesce(reset_seq, 0))
      FROM json_each(${JSON.stringify(read)}) AS read CROSS JOIN meters AS metered ON metered.id = read.value ->> 0
      CROSS JOIN ${customers} AS chosen
      LEFT JOIN meter_balances AS b ON b.meter_id = metered.id AND b.customer_id = chosen.id
      CROSS JOIN json_each('["id", "external"]') AS identity
      WHERE metered.organization_id = ${organizationId} AND metered.definition_version = read.value ->> 1
        AND ${isPair} AND (identity.value = 'id' OR external_key IS NOT NULL)
    )`;
}

/** Matches events `e` of the customers that are in no total. */
const OF_KEYS = sql`e.seq > (SELECT min(low) FROM keyed) AND ${CUSTOMER_OF_EVENT} IN (SELECT customer FROM keyed)`;

/** These events, read once for all meters; none of them if that is not affordable. */
function recentSql(organizationId: string, budget: number | null, candidate: BalanceLimits["candidate"]): SQL {
  const own = sql`e.organization_id = ${organizationId}`;
  const read =
    budget === null
      ? sql`events AS e WHERE ${own} AND ${OF_KEYS}`
      : sql`found CROSS JOIN events AS e ON ${own} AND e.seq = found.seq WHERE (SELECT is_affordable FROM affordable)`;
  return sql`recent AS MATERIALIZED (
      SELECT e.* FROM ${read}${candidate?.row && sql` UNION ALL ${candidate.row}`}
    )`;
}

/** What the recent events add to each meter. All meters share one SELECT, so that the events are read once. */
function tailSql(meters: DefinitionSql[], from: SQL, candidate: BalanceLimits["candidate"]): SQL {
  const ofMeter = (part: (meter: DefinitionSql) => SQL) => {
    const cases = meters.map((meter, place) => sql`WHEN ${sql.raw(String(place))} THEN ${part(meter)}`);
    return meters.length === 0 ? sql`NULL` : sql`CASE k.place ${sql.join(cases, sql` `)} END`;
  };
  const isCandidate = candidate && sql`, ${candidate.is} AS is_candidate`;
  return sql`
      SELECT k.customer_id, k.meter_id, k.func, k.customer, e.seq, ${ofMeter(({ value }) => value)} AS value,
        e.ingested_at AS at${isCandidate}
      FROM ${from}recent AS e CROSS JOIN keyed AS k ON k.customer = ${CUSTOMER_OF_EVENT} AND e.seq > k.low
      WHERE ${ofMeter(({ matches, contributes }) => sql`${matches} AND ${contributes}`)}`;
}

import { type SQL, sql } from "drizzle-orm";
import { CUSTOMER_OF_EVENT } from "../rollups/customer-key.ts";
import { type Aggregation, FUNCTIONS, keepsValues } from "../definition/aggregation.ts";
import { compileWith, type Definition, type DefinitionSql } from "../definition/definition.ts";
import { BoundValues } from "../definition/event-sql.ts";
import { clamp } from "../rollups/rollups.ts";
import { affordableSql } from "./meter-parts.ts";

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
 * With a candidate there is also `balances_before`: the same without it.
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
  const { candidate } = limits;
  const tables = [tailTables(organizationId, meters, customers, limits), ...resultTables(hasUnique)];
  if (candidate !== undefined)
    tables.push(...resultTables(hasUnique, sql`_before`, sql` AND t.seq <> ${candidate.seq}`));
  return sql.join(tables, sql`,\n    `);
}

/** The first of these tables: `pairs` of customers and meters, their keys in `keyed`, and in `tail` the events not in totals. */
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
    pairsSql(organizationId, meters, customers, isPair),
    keysSql(),
    recentSql(organizationId, candidate),
    affordableSql(meters, budget),
    sql`tail (meter_id, customer, seq, value, at) AS MATERIALIZED (${tailSql(compiled, bound.from)})`,
  ];
  return sql.join(tables, sql`,\n    `);
}

/**
 * Which pairs of `id` and `metered.meter_id` are read, the microseconds that examining their tail may take, and an event that
 * is examined as if it were stored: a SELECT of its row, unless it is stored, and its seq.
 */
export type BalanceLimits = {
  isPair?: SQL | undefined;
  budget?: number | null;
  candidate?: { row: SQL; seq: SQL };
};

/** Each customer with each meter, and the seq after which the customer's events count. */
function pairsSql(organizationId: string, meters: readonly BalanceMeter[], customers: SQL, isPair = sql`true`): SQL {
  const read = meters.map(({ id, definition_version, definition }) => [
    id,
    definition_version,
    definition.aggregation.func,
  ]);
  return sql`metered (place, meter_id, func, watermark) AS MATERIALIZED (
      SELECT read.key, m.id, read.value ->> 2, m.watermark FROM json_each(${JSON.stringify(read)}) AS read
      CROSS JOIN meters AS m ON m.id = read.value ->> 0
      WHERE m.organization_id = ${organizationId} AND m.definition_version = read.value ->> 1
    ),
    pairs (customer_id, external_key, place, meter_id, func, watermark, since, credited, changed_at) AS MATERIALIZED (
      SELECT id, external_key, metered.*, coalesce(b.reset_seq, 0), coalesce(b.credited_units, 0), b.modified_at
      FROM metered CROSS JOIN ${customers}
      LEFT JOIN meter_balances AS b ON b.meter_id = metered.meter_id AND b.customer_id = id
      WHERE ${isPair}
    )`;
}

/**
 * Both identities of each pair's customer, and the seq `low` up to which a total has their events. An external id that was
 * set after a reset may have no total yet: then every event since the reset is examined.
 */
function keysSql(): SQL {
  return sql`keyed (customer_id, meter_id, func, customer, since, low) AS MATERIALIZED (
      SELECT customer_id, meter_id, func, customer, since,
        CASE
          WHEN since = 0 THEN watermark
          WHEN EXISTS (
            SELECT 1 FROM meter_totals AS so_far
            WHERE so_far.meter_id = k.meter_id AND so_far.customer = k.customer AND so_far.since = k.since
          ) THEN max(watermark, since)
          ELSE since
        END
      FROM (
        SELECT pairs.*, CASE WHEN is_external THEN external_key ELSE 'id:' || customer_id END AS customer
        FROM pairs CROSS JOIN (SELECT 0 AS is_external UNION ALL SELECT 1) WHERE NOT is_external OR external_key IS NOT NULL
      ) AS k
    )`;
}

/** The customers' events that are in no total, read once for all meters. */
function recentSql(organizationId: string, candidate: BalanceLimits["candidate"]): SQL {
  return sql`recent AS MATERIALIZED (
      SELECT e.* FROM events AS e
      WHERE e.organization_id = ${organizationId} AND e.seq > (SELECT min(low) FROM keyed)
        AND ${CUSTOMER_OF_EVENT} IN (SELECT customer FROM keyed)${candidate && sql` UNION ALL ${candidate.row}`}
    )`;
}

/**
 * What the recent events add to each meter. All meters share one SELECT, because SQLite parses a table of a WITH clause
 * again for each use.
 */
function tailSql(meters: DefinitionSql[], from: SQL): SQL {
  if (meters.length === 0) return sql`SELECT NULL, NULL, NULL, NULL, NULL WHERE false`;
  const ofMeter = (part: (meter: DefinitionSql) => SQL) => {
    const cases = meters.map((meter, place) => sql`WHEN ${sql.raw(String(place))} THEN ${part(meter)}`);
    return sql`CASE metered.place ${sql.join(cases, sql` `)} END`;
  };
  return sql`
      SELECT metered.meter_id, ${CUSTOMER_OF_EVENT}, e.seq, ${ofMeter(({ value }) => value)}, e.ingested_at
      FROM ${from}recent AS e CROSS JOIN (SELECT * FROM metered WHERE meter_id IN (SELECT meter_id FROM pairs)) AS metered
      WHERE (SELECT is_affordable FROM affordable) AND ${ofMeter(({ matches, contributes }) => sql`${matches} AND ${contributes}`)}`;
}

/** The last of these tables, with a suffix of their names, of those events `t` of the tail that are counted. */
function resultTables(hasUnique: boolean, suffix = sql``, isCounted = sql``): SQL[] {
  const distinct = hasUnique ? [distinctSql(suffix, isCounted)] : [];
  return [sumsSql(suffix, isCounted), ...distinct, resultSql(hasUnique, suffix)];
}

/** Totals and tail of each pair, added up. */
function sumsSql(suffix: SQL, isCounted: SQL): SQL {
  return sql`sums${suffix} (customer_id, meter_id, count, sum, min, max, last_event_at) AS MATERIALIZED (
      SELECT customer_id, meter_id, sum(count), ${clamp(sql`total(sum)`)}, min(min), max(max), max(last_event_at) FROM (
        SELECT k.customer_id, k.meter_id, so_far.count, so_far.sum, so_far.min, so_far.max, so_far.last_event_at
        FROM keyed AS k CROSS JOIN meter_totals AS so_far
        WHERE so_far.meter_id = k.meter_id AND so_far.customer = k.customer AND so_far.since = k.since
        UNION ALL
        SELECT k.customer_id, k.meter_id, count(*), ${clamp(sql`total(t.value)`)}, min(t.value), max(t.value), max(t.at)
        FROM tail AS t CROSS JOIN keyed AS k
        WHERE k.meter_id = t.meter_id AND k.customer = t.customer AND t.seq > k.low${isCounted}
        GROUP BY 1, 2
      ) GROUP BY 1, 2
    )`;
}

/** The distinct values of both identities together. */
function distinctSql(suffix: SQL, isCounted: SQL): SQL {
  return sql`distinct_values${suffix} (customer_id, meter_id, count) AS MATERIALIZED (
      SELECT customer_id, meter_id, count(*) FROM (
        SELECT k.customer_id, k.meter_id, u.value FROM keyed AS k CROSS JOIN meter_total_uniques AS u
        WHERE k.func = 'unique' AND u.meter_id = k.meter_id AND u.customer = k.customer AND u.since = k.since
        UNION
        SELECT k.customer_id, k.meter_id, t.value FROM tail AS t CROSS JOIN keyed AS k
        WHERE k.func = 'unique' AND k.meter_id = t.meter_id AND k.customer = t.customer AND t.seq > k.low${isCounted}
      ) GROUP BY 1, 2
    )`;
}

/** Each function as SQL on a pair's sums `s`, or its distinct values `d`. */
const CONSUMED: Record<Aggregation["func"], string> = {
  count: "s.count",
  sum: "s.sum",
  max: "s.max",
  min: "s.min",
  avg: "s.sum / s.count",
  unique: "d.count",
};

function resultSql(hasUnique: boolean, suffix: SQL): SQL {
  const join = sql`LEFT JOIN distinct_values${suffix} AS d ON d.customer_id = p.customer_id AND d.meter_id = p.meter_id`;
  const functions = FUNCTIONS.filter((func) => hasUnique || !keepsValues(func));
  const consumed = sql.join(
    functions.map((func) => sql.raw(`WHEN '${func}' THEN ${CONSUMED[func]}`)),
    sql` `,
  );
  return sql`consumed${suffix} (customer_id, meter_id, consumed, credited, modified_at) AS MATERIALIZED (
      SELECT p.customer_id, p.meter_id, coalesce(CASE p.func ${consumed} END, 0),
        p.credited, coalesce(max(p.changed_at, s.last_event_at), p.changed_at, s.last_event_at)
      FROM pairs AS p LEFT JOIN sums${suffix} AS s ON s.customer_id = p.customer_id AND s.meter_id = p.meter_id ${hasUnique ? join : sql``}
      WHERE (SELECT is_affordable FROM affordable)
    ),
    balances${suffix} (customer_id, meter_id, consumed_units, credited_units, balance, modified_at) AS MATERIALIZED (
      SELECT customer_id, meter_id, consumed, credited, ${clamp(sql`credited - consumed`)}, modified_at FROM consumed${suffix}
    )`;
}

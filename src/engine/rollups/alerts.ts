import { type SQL, sql } from "drizzle-orm";
import { putWebhookEvents } from "../../outbox/put.ts";
import { keepsValues } from "../definition/aggregation.ts";
import { resultTables } from "./balance-tables.ts";
import { externalKey } from "./customer-key.ts";
import { type CompiledMeter, inSpan, matchingTables, type Span, takenForTail } from "./matching.ts";
import { clamp } from "./rollups.ts";

// An alert is evaluated where a balance changes, in the same transaction. What a customer had reached before is not stored:
// it follows from the balance that was compared last, which is the one at the meter's watermark unless a row has it.

/** The last characters of a trigger's id, which are random for each; the others are the same in a transaction. */
const RANDOM = 12;

/**
 * The statements that add a trigger, and webhook events, for each alert and customer whose balance has reached thresholds since
 * the last comparison. The caller remembers the new balance in the same transaction.
 * @param tables those of a WITH clause that end with `changes`, which has each customer and meter once
 * @param now milliseconds since 1970 UTC
 */
export function addTriggers(tables: SQL, organizationId: string, now: number): SQL[] {
  const prefix = crypto.randomUUID().slice(0, -RANDOM);
  const isNew = sql`t.id > ${prefix} AND t.id < ${`${prefix}g`}`;
  return [
    insertTriggers(tables, organizationId, prefix, now),
    ...putWebhookEvents(organizationId, eventsOf(isNew), now),
  ];
}

function insertTriggers(tables: SQL, organizationId: string, prefix: string, now: number): SQL {
  return sql`WITH ${tables},
    levels (meter_id, customer_id, basis, was, level) AS (
      SELECT meter_id, customer_id, 'consumed_units', consumed_from, consumed_to FROM changes
      UNION ALL
      SELECT meter_id, customer_id, 'balance', -${clamp(sql`credited_from - consumed_from`)}, -${clamp(sql`credited_to - consumed_to`)} FROM changes
      UNION ALL
      SELECT meter_id, customer_id, 'consumed_percent', ${percent(sql`consumed_from`, sql`credited_from`)},
        ${percent(sql`consumed_to`, sql`credited_to`)} FROM changes
    )
    INSERT INTO alert_triggers (id, organization_id, alert_id, customer_id, created_at, thresholds, value, since)
    SELECT ${prefix} || lower(hex(randomblob(${RANDOM / 2}))), ${organizationId}, t.alert_id, l.customer_id, ${now},
      '[' || group_concat(${digits(shown(sql`t.level`))} ORDER BY ${shown(sql`t.level`)}) || ']', ${shown(sql`l.level`)},
      (SELECT b.reset_at FROM meter_balances AS b WHERE b.meter_id = l.meter_id AND b.customer_id = l.customer_id)
    FROM levels AS l CROSS JOIN alert_thresholds AS t
    WHERE t.meter_id = l.meter_id AND t.customer_id IN ('', l.customer_id) AND t.basis = l.basis
      AND t.level > l.was AND t.level <= l.level
    GROUP BY t.alert_id, l.customer_id`;
}

/** The level of a balance in percent. */
const percent = (consumed: SQL, credited: SQL) =>
  sql`CASE WHEN ${credited} > 0 THEN ${clamp(sql`100.0 * ${consumed} / ${credited}`)} ELSE ${NEVER} END`;

/** The value of a level. */
const shown = (level: SQL) => sql`CASE l.basis WHEN 'balance' THEN -${level} ELSE ${level} END`;

/** A level that is below every threshold. */
const NEVER = sql.raw("-9e999");

/** A number as JSON that is read back exactly. */
function digits(number: SQL): SQL {
  return sql`format('%!.17g', ${number})`;
}

/** A time of an alert `a` as the API answers it. */
const time = (column: string) => sql.raw(`strftime('%Y-%m-%dT%H:%M:%fZ', a.${column} / 1000.0, 'unixepoch')`);

/** A source of webhook events for the triggers `t` that meet a condition. */
function eventsOf(isNew: SQL): SQL {
  const reached = sql`'thresholds', json(t.thresholds), 'value', json(${digits(sql`t.value`)})`;
  const alert = sql`json_object('id', a.id, 'created_at', ${time("created_at")}, 'modified_at', ${time("modified_at")},
      'name', a.name, 'meter_id', a.meter_id, 'customer_id', a.customer_id, 'basis', a.basis,
      'thresholds', json(a.thresholds), 'enabled', json('true'))`;
  return sql`SELECT 2 * row_number() OVER (ORDER BY t.id) + u.key AS n, u.value AS type, t.customer_id, CASE u.key
      WHEN 0 THEN json_object('alert', ${alert}, 'meter_id', a.meter_id, ${reached})
      ELSE json_object('id', a.id, 'name', a.name, ${reached})
    END AS extra
    FROM alert_triggers AS t CROSS JOIN alerts AS a ON a.id = t.alert_id
    CROSS JOIN json_each('["alert.triggered", "customer.state_changed"]') AS u WHERE ${isNew}`;
}

/**
 * The statements that evaluate the alerts on watched meters for the customers with events in a span: each balance as it is
 * after the span's last event. They run before the span is counted.
 * @param now milliseconds since 1970 UTC
 */
export function compareInSpan(meters: readonly CompiledMeter[], span: Span, now: number): SQL[] {
  return [...addTriggers(spanTables(meters, span), span.organizationId, now), forgetCompared(meters, span)];
}

/** A balance that includes events after the span was compared already. */
function spanTables(meters: readonly CompiledMeter[], span: Span): SQL {
  const { organizationId, end } = span;
  const hasUnique = meters.some(({ text }) => keepsValues(text.func));
  const key = externalKey(sql.raw("c.external_id"), sql.raw("c.generation"));
  const own = sql`c.organization_id = ${organizationId} AND c.deleted_at IS NULL`;
  const tables = [
    matchingTables(meters, takenForTail, inSpan(span)),
    sql`seen (meter_id, customer) AS MATERIALIZED (SELECT DISTINCT meter_id, customer FROM matching)`,
    sql`concerned (meter_id, customer_id, external_key) AS MATERIALIZED (
      SELECT u.meter_id, c.id, ${key} FROM seen AS u CROSS JOIN customers AS c ON c.id = substr(u.customer, 4)
      WHERE u.customer GLOB 'id:*' AND ${own}
      UNION
      SELECT u.meter_id, c.id, ${key} FROM seen AS u
      CROSS JOIN customers AS c ON c.external_id = substr(u.customer, instr(u.customer, ':') + 1)
      WHERE u.customer GLOB 'ext*' AND ${own} AND ${key} = u.customer
    )`,
    sql`keyed (customer_id, meter_id, func, customer, since, credited, changed_at, low) AS MATERIALIZED (
      SELECT u.customer_id, u.meter_id, m.aggregation ->> '$.func',
        CASE identity.value WHEN 'id' THEN 'id:' || u.customer_id ELSE u.external_key END, coalesce(b.reset_seq, 0),
        coalesce(b.credited_units, 0), b.modified_at, max(m.watermark, coalesce(b.reset_seq, 0))
      FROM concerned AS u CROSS JOIN meters AS m ON m.id = u.meter_id
      LEFT JOIN meter_balances AS b ON b.meter_id = u.meter_id AND b.customer_id = u.customer_id
      CROSS JOIN json_each('["id", "external"]') AS identity
      WHERE (identity.value = 'id' OR u.external_key IS NOT NULL)
        AND NOT EXISTS (
          SELECT 1 FROM compared_balances AS l
          WHERE l.meter_id = u.meter_id AND l.customer_id = u.customer_id AND l.seq > ${end}
        )
    )`,
    sql`tail AS MATERIALIZED (
      SELECT k.customer_id, k.meter_id, k.func, e.value, e.at, true AS is_candidate
      FROM matching AS e CROSS JOIN keyed AS k ON k.meter_id = e.meter_id AND k.customer = e.customer AND e.seq > k.low
    )`,
    sql`affordable (is_affordable) AS (SELECT 1)`,
    ...resultTables(hasUnique, true),
    CHANGES,
  ];
  return sql.join(tables, sql`,\n    `);
}

/** The table `changes`: what each balance was when it was compared last, and what it is now. */
export function changesSql(select: SQL): SQL {
  return sql`changes (meter_id, customer_id, consumed_from, credited_from, consumed_to, credited_to) AS MATERIALIZED (${select})`;
}

/** The same, from `balances`: the earlier one is the one at the watermark unless another was compared. */
export const CHANGES = changesSql(sql`
      SELECT b.meter_id, b.customer_id, coalesce(l.consumed_units, b.consumed_before),
        coalesce(l.credited_units, b.credited_units), b.consumed_units, b.credited_units
      FROM balances AS b
      LEFT JOIN compared_balances AS l ON l.meter_id = b.meter_id AND l.customer_id = b.customer_id`);

/** Deletes the compared balances that are those at the end of a span, which becomes the watermark. */
function forgetCompared(meters: readonly CompiledMeter[], { start, end }: Span): SQL {
  const read = JSON.stringify(meters.map(({ id, definition_version }) => [id, definition_version]));
  return sql`
    DELETE FROM compared_balances WHERE seq <= ${end} AND meter_id IN (
      SELECT m.id FROM json_each(${read}) AS read CROSS JOIN meters AS m ON m.id = read.value ->> 0
      WHERE m.definition_version = read.value ->> 1 AND m.watermark = ${start}
    )`;
}

import { and, eq, exists, isNull, type SQL, sql } from "drizzle-orm";
import { selectKeys } from "../customers/queries.ts";
import { balancesSql } from "../engine/reading/balances.ts";
import { definitionOf } from "../engine/definition/definition.ts";
import { catchUpNow } from "../engine/rollups/catch-up.ts";
import { catchUpWholly } from "../engine/rollups/catch-up-statements.ts";
import type { MeterBehind } from "../engine/rollups/chunk.ts";
import { hasAlertsOn } from "../engine/rollups/watched.ts";
import { db } from "../store/db.ts";
import type { Statement, Store } from "../store/store.ts";
import { alert_thresholds, alerts, customers } from "../store/tables.ts";
import { parseJson } from "../wire/json.ts";
import type { AlertRow } from "./queries.ts";

/** The number of events above a meter's watermark that one transaction counts together with the change of an alert. */
const MAX_BEHIND = 1000;
/** The number of customers of which `already_reached` examines the balances. */
const MAX_EXAMINED = 1000;

/** The meter of an alert as it was read, and the number of events that it is behind. */
export type AlertMeter = MeterBehind & { behind: number };

/** Selects a meter of the organization for a change of its alerts. */
export function selectAlertMeter(organizationId: string, id: string | SQL) {
  return sql<AlertMeter>`SELECT m.id, m.definition_version, m.filter, m.aggregation, m.watermark, 1 AS is_watched,
      coalesce(o.last_seq - m.watermark, 0) AS behind
    FROM meters AS m LEFT JOIN organizations AS o ON o.id = m.organization_id
    WHERE m.id = ${id} AND m.organization_id = ${organizationId}`;
}

/**
 * Catches a meter up until the rest fits into one transaction.
 * @returns whether the meter has to be read again
 * @throws ServiceUnavailable when it is too far behind; a repeated request goes on from there
 */
export async function catchUpAlmost(store: Store, { id, behind }: AlertMeter): Promise<boolean> {
  if (behind <= MAX_BEHIND) return false;
  await catchUpNow(store, id, MAX_BEHIND);
  return true;
}

/**
 * The statements around a change of an alert. `before` count all events of its meter, and evaluate its alerts, so that what
 * customers had reached by then follows from the balances at the watermark; `isReady` is true if that has been done. `after`
 * write the thresholds anew and make all statements that were compiled for the meter outdated.
 * @param now milliseconds since 1970 UTC
 */
export function aroundChange(organizationId: string, meter: AlertMeter, alertId: string, now: number) {
  const isReady = sql`EXISTS (
      SELECT 1 FROM meters AS m WHERE m.id = ${meter.id} AND m.organization_id = ${organizationId}
        AND m.definition_version = ${meter.definition_version}
        AND m.watermark = coalesce((SELECT last_seq FROM organizations WHERE id = ${organizationId}), 0)
    )`;
  return { before: catchUpWholly(organizationId, meter, now), isReady, after: writeThresholds(meter.id, alertId) };
}

/** The statements that replace an alert's thresholds by those of its row; by none if it is disabled or was deleted. */
export function writeThresholds(meterId: string, alertId: string): Statement[] {
  const { meter_id, customer_id, basis, id, thresholds, enabled } = alerts;
  const level = sql`CASE ${basis} WHEN 'balance' THEN -value ELSE value END`;
  return [
    db
      .delete(alert_thresholds)
      .where(and(eq(alert_thresholds.meter_id, meterId), eq(alert_thresholds.alert_id, alertId))),
    sql`INSERT INTO alert_thresholds (meter_id, customer_id, basis, level, alert_id)
      SELECT ${meter_id}, coalesce(${customer_id}, ''), ${basis}, ${level}, ${id}
      FROM ${alerts} CROSS JOIN json_each(${thresholds}) WHERE ${id} = ${alertId} AND ${enabled} = 1`,
    sql`DELETE FROM compared_balances WHERE meter_id = ${meterId} AND NOT ${hasAlertsOn(sql`${meterId}`)}`,
    sql`UPDATE meters SET definition_version = definition_version + 1 WHERE id = ${meterId}`,
  ];
}

type Thresholds = Pick<AlertRow, "customer_id" | "basis" | "thresholds">;

/** SQL: for how many customers a threshold is reached; NULL if too many would have to be examined. */
export function alreadyReached(organizationId: string, meter: AlertMeter, alert: Thresholds): SQL {
  const { id, definition_version, ...stored } = meter;
  const own = and(
    eq(customers.organization_id, organizationId),
    isNull(customers.deleted_at),
    alert.customer_id === null ? undefined : eq(customers.id, alert.customer_id),
  );
  const thresholds = parseJson(alert.thresholds) as number[];
  const reached = {
    consumed_units: sql`consumed_units >= ${Math.min(...thresholds)}`,
    balance: sql`balance <= ${Math.max(...thresholds)}`,
    consumed_percent: sql`credited_units > 0 AND 100.0 * consumed_units / credited_units >= ${Math.min(...thresholds)}`,
  };
  const meters = [{ id, definition_version, definition: definitionOf(stored) }];
  return sql`(
    WITH examined (id, external_key) AS MATERIALIZED (${selectKeys(own)} LIMIT ${MAX_EXAMINED + 1}),
    few (id, external_key) AS MATERIALIZED (SELECT * FROM examined WHERE (SELECT count(*) FROM examined) <= ${MAX_EXAMINED}),
    ${balancesSql(organizationId, meters, sql`few`)}
    SELECT CASE WHEN (SELECT count(*) FROM examined) <= ${MAX_EXAMINED} THEN (SELECT count(*) FROM balances WHERE ${reached[alert.basis]}) END
  )`;
}

/** SQL: true while an alert is as it was read. */
export function isUnchanged({ id, organization_id, version }: AlertRow) {
  return and(eq(alerts.id, id), eq(alerts.organization_id, organization_id), eq(alerts.version, version));
}

/** SQL: true if there is a customer, or none is named. */
export function isCustomer(organizationId: string, id: string | null): SQL {
  if (id === null) return sql`true`;
  const named = and(eq(customers.id, id), eq(customers.organization_id, organizationId), isNull(customers.deleted_at));
  return exists(db.select({ id: customers.id }).from(customers).where(named));
}

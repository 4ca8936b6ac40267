import { type SQL, sql } from "drizzle-orm";
import type { Statement, Written } from "../store/store.ts";
import { webhook_deliveries as d, webhook_endpoints as w, webhook_events as e } from "../store/tables.ts";
import type { WebhookEventType } from "./types.ts";

/** The last characters of an id, which count the events of a transaction. */
const COUNTED = 12;

/** The statements that insert deliveries. */
const DELIVERIES = new WeakSet<Statement>();

/**
 * The statements that put webhook events, with a delivery to each enabled endpoint that names the type, into the transaction
 * in which they happen. Repeated, they write nothing more. Without endpoints no row is read or written.
 * @param source a SELECT with a row per event: `n`, a number of its own that gives the order, `type`, `customer_id`, and `extra`
 *   (JSON, or NULL)
 * @param now milliseconds since 1970 UTC: the events' timestamp
 */
export function putWebhookEvents(organizationId: string, source: SQL, now: number): [SQL, SQL] {
  // The ids are those of one range, so that the second statement finds the rows of the first one.
  const prefix = crypto.randomUUID().slice(0, -COUNTED);
  const wants = (type: SQL) =>
    sql`${w.organization_id} = ${organizationId} AND ${w.enabled} AND instr(${w.events}, '"' || ${type} || '"') > 0`;
  // An event that several endpoints want is selected for each of them, and inserted once.
  const events = sql`INSERT INTO ${e} (organization_id, id, type, customer_id, extra, created_at, modified_at)
    SELECT ${organizationId}, ${prefix} || format('%012x', s.n), s.type, s.customer_id, s.extra, ${now}, ${now}
    FROM ${w} CROSS JOIN (${source}) AS s WHERE ${wants(sql`s.type`)} ON CONFLICT DO NOTHING`;
  const deliveries = sql`INSERT INTO ${d} (organization_id, event_id, endpoint_id, attempts, next_attempt_at, skipped)
    SELECT ${organizationId}, ${e.id}, ${w.id}, 0, 0, 0 FROM ${w} CROSS JOIN ${e}
    WHERE ${wants(sql`${e.type}`)} AND ${e.organization_id} = ${organizationId}
      AND ${e.id} > ${prefix} AND ${e.id} < ${`${prefix}g`} ON CONFLICT DO NOTHING`;
  return [events, asDeliveries(deliveries)];
}

/** Marks a statement that inserts deliveries: once its transaction is done, they are sent. */
export function asDeliveries<S extends Statement>(statement: S): S {
  DELIVERIES.add(statement);
  return statement;
}

/** Selects a row if the organization has an enabled endpoint: for sources that would be read even if nobody wants them. */
export function selectIsWanted(organizationId: string): SQL<{ is_wanted: 1 }> {
  return sql`SELECT 1 AS is_wanted FROM ${w} WHERE ${w.organization_id} = ${organizationId} AND ${w.enabled} LIMIT 1`;
}

/**
 * A source of events about a customer.
 * @param types the types of the events, in order
 * @param customers a SELECT of the column `id` with at most one row
 */
export function ofCustomer(types: readonly WebhookEventType[], customers: SQL): SQL {
  return sql`SELECT t.key AS n, t.value AS type, c.id AS customer_id, NULL AS extra
    FROM (${customers}) AS c CROSS JOIN json_each(${JSON.stringify(types)}) AS t`;
}

/**
 * Counts the deliveries that statements have put into the outbox.
 * @param results those of the statements
 */
export function countDeliveries(statements: readonly Statement[], results: readonly Written[]): number {
  const of = (statement: Statement, index: number) => (DELIVERIES.has(statement) ? (results[index]?.changes ?? 0) : 0);
  return statements.reduce((sum, statement, index) => sum + of(statement, index), 0);
}

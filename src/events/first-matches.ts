import { and, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { CompiledDefinition } from "../engine/definition/definition.ts";
import { eventMeets } from "../engine/definition/property-sql.ts";
import type { QuantitiesQuery } from "../engine/reading/quantities-sql.ts";
import { isOfCustomers } from "../engine/rollups/customer-key.ts";
import { events } from "../store/tables.ts";
import { EVENT_BYTES, type EventRow, selectWithCustomers } from "./queries.ts";

const e = alias(events, "e");

/** Selects the first events by time that a definition matches. */
export function selectFirstMatches(
  organizationId: string,
  definition: CompiledDefinition,
  query: QuantitiesQuery,
  most: number,
): SQL<EventRow> {
  const { from, to } = query.window.range;
  const where = and(
    eq(e.organization_id, organizationId),
    gte(e.timestamp, from),
    lt(e.timestamp, to),
    definition.matches,
    definition.contributes,
    isOfCustomers(organizationId, query.customers),
    eventMeets(query.metadata),
  );
  const order = sql`${e.timestamp}, ${e.seq}`;
  const page = sql`SELECT ${e.seq}, ${EVENT_BYTES} FROM ${definition.from} WHERE ${where} ORDER BY ${order} LIMIT ${most}`;
  return selectWithCustomers(organizationId, page, order);
}

import { and, eq, isNull } from "drizzle-orm";
import { ResourceNotFound } from "../errors.ts";
import { definitionOf } from "../engine/definition/definition.ts";
import { explain } from "../engine/reading/explain.ts";
import { db } from "../store/db.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";
import type { Store } from "../store/store.ts";
import { events, meters } from "../store/tables.ts";
import { JsonText, writeJson } from "../wire/json-text.ts";
import { seqOfId } from "./event-id.ts";
import type { EventMetersQuery } from "./schemas.ts";

/**
 * Explains for each meter whether it counts a stored event: those that do come first, then by name.
 * @returns a page of explanations as JSON; no items when it would be too large
 * @throws ResourceNotFound
 */
export async function explainInMeters(store: Store, id: string, query: EventMetersQuery) {
  const { organizationId } = store;
  const event = { id, seq: seqOfId(id) };
  const isShown = query.archived === true ? undefined : isNull(meters.archived_at);
  const [rows, found] = await store.read([
    db
      .select({ id: meters.id, name: meters.name, filter: meters.filter, aggregation: meters.aggregation })
      .from(meters)
      .where(and(eq(meters.organization_id, organizationId), isShown))
      .orderBy(meters.name, meters.id),
    db
      .select({ id: events.id })
      .from(events)
      .where(and(eq(events.organization_id, organizationId), eq(events.seq, event.seq), eq(events.id, id))),
  ]);
  const explained = found.length === 0 ? null : await explain(store, event, rows.map(definitionOf));
  if (explained === null) throw new ResourceNotFound("No event in your organization has this id.");
  const all = explained.map((explanation, index) => {
    const { id: meterId, name } = rows[index]!;
    return { meter: { id: meterId, name }, ...explanation };
  });
  const ordered = [...all.filter(({ counted }) => counted), ...all.filter(({ counted }) => !counted)];
  const items = ordered.slice(query.offset, query.offset + query.limit).map(writeJson);
  const bytes = items.reduce((sum, { length }) => sum + length, 0);
  return { items: bytes > MAX_PAGE_BYTES ? [] : items.map((text) => new JsonText(text)), total: rows.length };
}

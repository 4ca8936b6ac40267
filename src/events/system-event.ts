import { and, eq, exists, type SQL, sql } from "drizzle-orm";
import { db, rowIf } from "../store/db.ts";
import { events } from "../store/tables.ts";
import { baseOf, type Block } from "./block.ts";
import { idPrefixSql, idSuffixSql } from "./event-id.ts";

/** An event that the platform itself appends for a customer. */
export type SystemEvent = { name: string; customer_id: string; metadata: SQL | string };

/** The seq of an event in a block: 1 for the first one. */
export function seqIn(block: Block, place: number): SQL {
  return sql`(${baseOf(block)} + ${place})`;
}

/**
 * Appends a system event at a place of a block, at the time of the block, on a condition.
 * @param more additional columns for the event and the condition, to avoid repeating an expression in both
 */
export function insertSystemEvent(block: Block, place: number, event: SystemEvent, condition: SQL, more = sql``) {
  const row = {
    organization_id: block.organizationId,
    seq: sql`seq`,
    id: sql`${idPrefixSql(sql`seq`)} || ${block.suffix}`,
    source: "system",
    timestamp: block.now,
    external_customer_id: null,
    generation: null,
    external_id: null,
    parent_id: null,
    ingested_at: block.now,
    voided_at: null,
    void_reason: null,
    ...event,
  };
  return db.insert(events).select(rowIf(events, row, condition, sql`(SELECT ${seqIn(block, place)} AS seq${more})`));
}

/** True when the event at a place of a block was appended. */
export function isStored(block: Block, place: number): SQL {
  const isOwn = and(
    eq(events.organization_id, block.organizationId),
    eq(events.seq, seqIn(block, place)),
    eq(idSuffixSql(events.id), block.suffix),
  );
  return exists(db.select({ id: events.id }).from(events).where(isOwn));
}

import { type SQL, sql } from "drizzle-orm";
import { baseOf, type Block } from "./block.ts";
import { idPrefixSql, idSuffixSql } from "./event-id.ts";

/** An event that the platform appends: what happened to a customer. */
export type SystemEvent = { name: string; customer_id: string; metadata: SQL | string };

/** The seq of an event in a block: 1 for the first one. */
export function seqIn(block: Block, place: number): SQL {
  return sql`(${baseOf(block)} + ${place})`;
}

/** Appends a system event at a place of a block, at the time of the block, on a condition. */
export function insertSystemEvent(block: Block, place: number, event: SystemEvent, condition: SQL): SQL {
  const { organizationId, suffix, now } = block;
  return sql`
    INSERT INTO events (organization_id, seq, id, name, source, timestamp, customer_id, metadata, ingested_at)
    SELECT ${organizationId}, seq, ${idPrefixSql(sql`seq`)} || ${suffix}, ${event.name}, 'system', ${now},
      ${event.customer_id}, ${event.metadata}, ${now}
    FROM (SELECT ${seqIn(block, place)} AS seq) WHERE ${condition}`;
}

/** True when the event at a place of a block was appended. */
export function isStored(block: Block, place: number): SQL {
  return sql`EXISTS (SELECT 1 FROM events WHERE organization_id = ${block.organizationId} AND seq = ${seqIn(block, place)}
      AND ${idSuffixSql(sql`id`)} = ${block.suffix})`;
}

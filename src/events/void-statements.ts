import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { db, rowIf } from "../store/db.ts";
import type { Idempotency } from "../store/idempotency.ts";
import { events, idempotency_keys, voids } from "../store/tables.ts";
import { selectRows } from "./append.ts";
import type { Block } from "./block.ts";
import type { NewEvent } from "./event-json.ts";
import { idPrefixSql } from "./event-id.ts";
import { toReplacementParts } from "./replacements.ts";
import { seqIn } from "./system-event.ts";

const e = alias(events, "e");

/** True while none of some events is voided, or deleted. */
export function areOpen(organizationId: string, seqs: number[]): SQL {
  return sql`(SELECT count(*) FROM json_each(${JSON.stringify(seqs)}) AS named CROSS JOIN ${events} AS ${e}
    ON ${e.organization_id} = ${organizationId} AND ${e.seq} = named.value WHERE ${e.voided_at} IS NULL) = ${seqs.length}`;
}

/** Appends a system event for each event that is voided, with the customer that it names. */
export function insertVoids(
  block: Block,
  seqs: number[],
  { reason, tokenId }: { reason: string; tokenId: string | null },
  condition: SQL,
) {
  const { organizationId, suffix, now } = block;
  const row = {
    organization_id: organizationId,
    seq: sql`seq`,
    id: sql`${idPrefixSql(sql`seq`)} || ${suffix}`,
    name: "event.voided",
    source: "system",
    timestamp: now,
    customer_id: sql`customer_id`,
    external_customer_id: sql`external_customer_id`,
    generation: sql`generation`,
    external_id: null,
    parent_id: null,
    metadata: sql`json_object('event_id', event_id, 'reason', ${reason}, 'token_id', ${tokenId})`,
    ingested_at: now,
    voided_at: null,
    void_reason: null,
  };
  const named = sql`(
    SELECT ${seqIn(block, 1)} + named.key AS seq, ${e.id} AS event_id, ${e.customer_id}, ${e.external_customer_id}, ${e.generation}
    FROM json_each(${JSON.stringify(seqs)}) AS named CROSS JOIN ${events} AS ${e}
      ON ${e.organization_id} = ${organizationId} AND ${e.seq} = named.value
  )`;
  return db.insert(events).select(rowIf(events, row, condition, named));
}

/** Marks events as voided. */
export function mark(organizationId: string, seqs: number[], void_reason: string, voided_at: number, condition: SQL) {
  const { organization_id, seq, voided_at: at } = events;
  return db
    .update(events)
    .set({ voided_at, void_reason })
    .where(
      and(
        eq(organization_id, organizationId),
        sql`${seq} IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))`,
        isNull(at),
        condition,
      ),
    );
}

/** Remembers when events were voided, also after they have been deleted. */
export function remember(organizationId: string, seqs: number[], voided_at: number, condition: SQL) {
  const row = { organization_id: organizationId, seq: sql`value`, voided_at };
  return db.insert(voids).select(rowIf(voids, row, condition, sql`json_each(${JSON.stringify(seqs)})`)).onConflictDoNothing(); // prettier-ignore
}

/** Appends the replacements behind the system events of a block. */
export function insertReplacements(block: Block, voided: number, replacements: NewEvent[], condition: SQL) {
  if (replacements.length === 0) return [];
  return toReplacementParts(replacements).map(({ json, first }) => {
    const sent = sql`(SELECT ${seqIn(block, voided + 1 + first)} + key AS seq, value FROM json_each(${json}))`;
    return db.insert(events).select(selectRows(block, "user", sent, condition));
  });
}

/** Stores the answer of a request under its key. */
export function keepAnswer(
  organization_id: string,
  { key, fingerprint }: Idempotency,
  answer: string | SQL,
  created_at: number,
  condition: SQL,
) {
  const row = { organization_id, key, fingerprint, answer, created_at, customer_id: null };
  return db
    .insert(idempotency_keys)
    .select(rowIf(idempotency_keys, row, condition))
    .onConflictDoNothing();
}

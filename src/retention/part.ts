import { getTableColumns, sql } from "drizzle-orm";
import { invalidateShadows } from "../engine/upkeep/verify.ts";
import { countedUpTo, isDeletable, balancesNeeding } from "../engine/rollups/counted.ts";
import type { MissingTotal } from "../engine/reading/missing-totals.ts";
import type { Statement } from "../store/store.ts";
import { events } from "../store/tables.ts";
import { DAY } from "../time/zone.ts";

/** The maximum number and size of the events of a part; a Worker has 128 MB of memory. */
const PART = { events: 10_000, bytes: 8_000_000 };
/** The approximate bytes of an event without its metadata. */
const EVENT_BYTES = 400;

/** An event to delete; `line` is its row as JSON, null when nothing is archived. */
export type DeletableEvent = { seq: number; timestamp: number; line: string | null };

/** Every column of an event `e` as JSON, in the order of the table; the metadata is embedded as it is stored. */
const LINE = sql.raw(`json_object(${String(Object.keys(getTableColumns(events)).map(fieldOf))})`);

function fieldOf(name: string): string {
  return `'${name}', ${name === "metadata" ? "json(e.metadata)" : `e.${name}`}`;
}

/**
 * Selects the next events to delete, in the order of the seq: of the oldest events, those that can be deleted and are of the
 * same UTC day. The number of examined events is limited, whether or not they can be deleted.
 */
export function selectPart(organizationId: string, { before, now, isArchived }: PartQuery): Statement<DeletableEvent> {
  const first = sql`(SELECT min(timestamp) FROM deletable)`;
  return sql`
    WITH counted (seq) AS MATERIALIZED (SELECT ${countedUpTo(organizationId)}),
    oldest (seq, timestamp) AS MATERIALIZED (
      SELECT e.seq, e.timestamp FROM events AS e
      WHERE e.organization_id = ${organizationId} AND e.timestamp < ${before} ORDER BY e.timestamp LIMIT ${PART.events}
    ),
    deletable (seq, timestamp, size) AS MATERIALIZED (
      SELECT o.seq, o.timestamp, sum(octet_length(e.metadata) + ${EVENT_BYTES}) OVER (ORDER BY o.timestamp, o.seq)
      FROM oldest AS o CROSS JOIN events AS e ON e.organization_id = ${organizationId} AND e.seq = o.seq
      WHERE o.seq <= (SELECT seq FROM counted) AND ${isDeletable(now)}
    )
    SELECT e.seq, e.timestamp, ${isArchived ? LINE : sql`NULL`} AS line
    FROM deletable AS d CROSS JOIN events AS e ON e.organization_id = ${organizationId} AND e.seq = d.seq
    WHERE d.size <= ${PART.bytes} AND d.timestamp < ${first} + ${DAY} - (${first} % ${DAY} + ${DAY}) % ${DAY}
    ORDER BY e.seq`;
}

/** The time before which events are deleted, the current time (milliseconds since 1970 UTC), and whether to read whole rows. */
type PartQuery = { before: number; now: number; isArchived: boolean };

/** Selects the customers whose balances still need some of these events. */
export function selectMissingTotals(organizationId: string, seqs: number[]): Statement<MissingTotal> {
  return sql`
    SELECT DISTINCT c.id, c.external_id, m.id AS meter_id
    FROM json_each(${JSON.stringify(seqs)}) AS read
    CROSS JOIN events AS e ON e.organization_id = ${organizationId} AND e.seq = read.value
    CROSS JOIN ${balancesNeeding(organizationId)}`;
}

/**
 * The transaction that deletes events of a part, if that is still allowed: a meter may have been created since they were
 * read.
 * @param until the time from which all events are kept: milliseconds since 1970 UTC
 */
export function deletePart(organizationId: string, seqs: number[], until: number, now: number): Statement[] {
  const chosen = sql`e.organization_id = ${organizationId} AND e.seq IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))
      AND e.seq <= ${countedUpTo(organizationId)} AND ${isDeletable(now)}
      AND NOT EXISTS (SELECT 1 FROM ${balancesNeeding(organizationId)})`;
  return [
    sql`UPDATE organizations SET events_from = max(coalesce(events_from, ${until}), ${until}),
        deleted_before = max(coalesce(deleted_before, ${until}), ${until})
      WHERE id = ${organizationId} AND coalesce(min(events_from, deleted_before) < ${until}, true)
        AND EXISTS (SELECT 1 FROM events AS e WHERE ${chosen})`,
    invalidateShadows(organizationId),
    sql`DELETE FROM events AS e WHERE ${chosen}`,
  ];
}

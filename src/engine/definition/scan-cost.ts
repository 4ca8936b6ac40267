import { sql } from "drizzle-orm";
import { InvalidFields } from "../../errors.ts";
import { MAX_EVENT_BYTES } from "../../store/limits.ts";
import type { Store } from "../../store/store.ts";
import type { MetadataCondition } from "../../wire/query.ts";
import type { Definition } from "./definition.ts";
import type { Filter } from "./filter.ts";

/**
 * The time to examine events one by one with a filter, measured on D1. The database runs one statement at a time, so an
 * expensive one delays every other request.
 */
export type ScanCost = {
  /** Microseconds per event. */
  perEvent: number;
  /** Nanoseconds per byte of metadata; 0 when the metadata is not read. */
  perByte: number;
};

/** The maximum estimated time of a reading statement, in microseconds. */
export const STATEMENT_BUDGET = 500_000;
/** The cost of comparing an event's own columns, including its look-up from an index. */
export const COMPARISON: ScanCost = { perEvent: 2, perByte: 0 };
/** The maximum number of events that a statement compares. */
export const MOST_COMPARED = STATEMENT_BUDGET / COMPARISON.perEvent;
const EVENT = { base: 1, clause: 0.5, character: 0.0013 };
const BYTE = { parse: 1, clause: 1.7 };
/** Microseconds for each event to find its group, nanoseconds for each byte of metadata: measured with a group for each event. */
export const GROUP_COST: ScanCost = { perEvent: 3, perByte: 1.7 };
/** Conditions on metadata are bound as JSON, which is parsed again for each event. */
const CONDITION = { each: 4, character: 0.003 };

/** Estimates the cost of examining one event with a definition and conditions on metadata. */
export function scanCostOf(
  { filter, aggregation }: Definition,
  conditions: readonly MetadataCondition[] = [],
): ScanCost {
  const { clauses, characters } = sizeOf(filter);
  const reads = clauses + conditions.length + ("property" in aggregation ? 1 : 0);
  const size = conditions.length === 0 ? 0 : JSON.stringify(conditions).length;
  return {
    perEvent:
      EVENT.base +
      EVENT.clause * clauses +
      EVENT.character * characters +
      CONDITION.each * conditions.length +
      CONDITION.character * size,
    perByte: reads === 0 ? 0 : BYTE.parse + BYTE.clause * (clauses + conditions.length),
  };
}

/** The maximum time to examine an event, in microseconds: that of the largest one. */
export function longestTime({ perEvent, perByte }: ScanCost): number {
  return perEvent + (perByte * MAX_EVENT_BYTES) / 1000;
}

function sizeOf({ clauses: parts }: Filter): { clauses: number; characters: number } {
  let [clauses, characters] = [0, 0];
  for (const part of parts) {
    const inner = "clauses" in part ? sizeOf(part) : { clauses: 1, characters: part.property.length };
    clauses += inner.clauses;
    characters += inner.characters;
  }
  return { clauses, characters };
}

/**
 * Refuses a scan that would take too long, before it runs: one statement counts the events of the range, and their bytes if
 * these matter.
 * @param range milliseconds since 1970 UTC, `from` included, `to` not
 * @throws InvalidFields (`scan_too_large`) that says what to narrow
 */
export async function requireAffordableScan(
  store: Store,
  cost: ScanCost,
  range: { from: number; to: number },
): Promise<void> {
  if (await isAffordableScan(store, cost, range)) return;
  throw scanTooLarge(
    "This request would have to examine too many events, or too much metadata. " +
      "Narrow start_timestamp and end_timestamp, or use fewer clauses and conditions on metadata. A meter answers one " +
      "condition in any range if the property is one of its dimensions, which are declared when it is created.",
  );
}

/** Returns whether the events of a range can be examined in one statement; another statement counts them first. */
export async function isAffordableScan(
  store: Store,
  { perEvent, perByte }: ScanCost,
  range: { from: number; to: number },
): Promise<boolean> {
  const most = Math.floor(STATEMENT_BUDGET / perEvent);
  const bytes = perByte === 0 ? sql`0` : sql`octet_length(e.metadata)`;
  const [[found]] = await store.read([
    sql<{ events: number; bytes: number }>`SELECT count(*) AS events, total(bytes) AS bytes FROM (
      SELECT ${bytes} AS bytes FROM events AS e
      WHERE e.organization_id = ${store.organizationId} AND e.timestamp >= ${range.from} AND e.timestamp < ${range.to}
      LIMIT ${most + 1}
    )`,
  ]);
  const { events, bytes: size } = found!;
  return events * perEvent + (size * perByte) / 1000 <= STATEMENT_BUDGET;
}

/** The error for a request that would need too long a statement; the message says what to do. */
export function scanTooLarge(msg: string): InvalidFields {
  return new InvalidFields([{ type: "scan_too_large", field: [], msg }]);
}

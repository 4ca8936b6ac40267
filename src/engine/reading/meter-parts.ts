import { type SQL, sql } from "drizzle-orm";
import { groupBySize } from "../../store/group-by-size.ts";
import { keepsValues } from "../definition/aggregation.ts";
import { compileText, type Definition } from "../definition/definition.ts";
import { MOST_COMPARED, type ScanCost, scanCostOf } from "../definition/scan-cost.ts";
import type { BalanceMeter } from "./balances.ts";

// How many meters fit into one statement that reads balances: by its length, and by the time that it takes.

/** The maximum number of characters in the conditions of a statement; D1 allows 100 KB of SQL in all. */
const MAX_CHARACTERS = 75_000;
/** Characters of SQL per meter, and per value: the expression that names it, and its share of the unpacking. */
const SIZE = { meter: 60, place: "b00.v00", unpacked: 20 };

/** Splits meters into parts, each of which fits into one statement. */
export function partsOf<M extends BalanceMeter>(meters: readonly M[]): M[][] {
  return groupBySize(meters, ({ definition }) => sizeOf(definition), MAX_CHARACTERS);
}

function sizeOf(definition: Definition): number {
  let size = SIZE.meter;
  const add = () => {
    size += SIZE.unpacked;
    return SIZE.place;
  };
  const { matches, contributes, value } = compileText(definition, { add });
  return size + matches.length + contributes.length + value.length;
}

/** The number of events that are not in any total yet, and the bytes of their metadata. */
export type RecentEvents = { events: number; bytes: number };

/** Microseconds to add up an event that a meter counts, and to look up whether its value is new, besides examining it. */
const [ADDING, LOOKING_UP] = [1, 4.5];

function costOf({ definition }: BalanceMeter): ScanCost {
  const { perEvent, perByte } = scanCostOf(definition);
  const lookingUp = keepsValues(definition.aggregation.func) ? LOOKING_UP : 0;
  return { perEvent: perEvent + ADDING + lookingUp, perByte };
}

/** The events above the watermarks that are compared with the customers at most: those found are examined in the same statement. */
const MOST_FOUND = MOST_COMPARED / 2;

/**
 * The table `found`, of the recent events that meet a condition, and `affordable`: whether they can be examined for all meters
 * within the budget. If not, `balances` is empty, and the number and bytes of the events tell into how many parts to split the
 * meters; they are 0 if even to find the events would take too long.
 */
export function affordableTables(
  organizationId: string,
  meters: readonly BalanceMeter[],
  budget: number | null,
  condition: SQL,
): SQL {
  if (budget === null) return sql`affordable (is_affordable, events, bytes) AS (SELECT 1, 0, 0)`;
  const costs = meters.map(costOf);
  const [perEvent, perByte] = [sum(costs, "perEvent"), sum(costs, "perByte")];
  const last = sql`(SELECT last_seq FROM organizations WHERE id = ${organizationId})`;
  return sql`short (is_short) AS MATERIALIZED (SELECT coalesce(${last} - min(low) <= ${MOST_FOUND}, true) FROM keyed),
    found (seq, bytes) AS MATERIALIZED (
      SELECT e.seq, octet_length(e.metadata) FROM events AS e
      WHERE (SELECT is_short FROM short) AND e.organization_id = ${organizationId} AND ${condition}
    ),
    affordable (is_affordable, events, bytes) AS MATERIALIZED (
      SELECT is_short AND events * ${perEvent} + bytes * ${perByte / 1000} <= ${budget}, events, bytes
      FROM short CROSS JOIN (SELECT count(*) AS events, total(bytes) AS bytes FROM found)
    )`;
}

function sum(costs: readonly ScanCost[], part: keyof ScanCost): number {
  return costs.reduce((total, cost) => total + cost[part], 0);
}

/**
 * Splits meters into parts, or single meters, for each of which the recent events can be examined within a budget; into halves
 * where the events were not found.
 */
export function affordableParts<M extends BalanceMeter>(
  meters: readonly M[],
  { events, bytes }: RecentEvents,
  budget: number,
): M[][] {
  if (events === 0) return groupBySize(meters, () => 1, Math.ceil(meters.length / 2));
  const costOfTail = (meter: M) => {
    const { perEvent, perByte } = costOf(meter);
    return events * perEvent + (bytes * perByte) / 1000;
  };
  return groupBySize(meters, costOfTail, budget);
}

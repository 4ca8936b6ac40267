import type { Definition } from "../engine/definition/definition.ts";
import { isAffordableScan, scanCostOf, scanTooLarge } from "../engine/definition/scan-cost.ts";
import { type Groups, toGroups } from "../engine/reading/groups.ts";
import { type FoundGroup, groupsSql } from "../engine/reading/groups-sql.ts";
import type { QuantitiesQuery, Source } from "../engine/reading/quantities-sql.ts";
import type { Statement, Store } from "../store/store.ts";
import type { MeterQuantitiesQuery } from "./schemas.ts";

/** Groups with what they are grouped by, as the request names it. */
export type NamedGroups = { group_by: string } & Groups;

/** The parameters of groups. */
export type GroupsQuery = Pick<MeterQuantitiesQuery, "group_by" | "group_limit" | "group_sorting">;

/**
 * The statement of the groups that a request asks for, if it does, and what reads its rows. Customers are in rollups; values of a
 * property are not, so they are found in the events of the range.
 * @throws InvalidFields (`scan_too_large`)
 */
export async function groupsOf(
  store: Store,
  definition: Definition,
  query: QuantitiesQuery,
  source: Source,
  { group_by: groupBy, group_limit: limit, group_sorting: sorting }: GroupsQuery,
): Promise<{ statements: Statement<FoundGroup>[]; read: (rows: FoundGroup[] | undefined) => NamedGroups | undefined }> {
  if (groupBy === undefined) return { statements: [], read: () => undefined };
  const { name, by } = groupBy;
  if (by !== "customer") await requireAffordableGroups(store, definition, query);
  const statement = groupsSql(store.organizationId, definition, query, by === "customer" ? source : "scan", {
    by,
    limit,
    sorting,
  });
  const { func } = definition.aggregation;
  return {
    statements: [statement],
    read: (rows) => rows && { group_by: name, ...toGroups(query.window, func, { by }, rows) },
  };
}

/** Microseconds for each event to find its group, nanoseconds for each byte of metadata: measured with a group for each event. */
const GROUP_COST = { perEvent: 3, perByte: 1.7 };

/** Refuses to look for groups in too many events, and says what answers instead. */
async function requireAffordableGroups(store: Store, definition: Definition, query: QuantitiesQuery): Promise<void> {
  const { perEvent, perByte } = scanCostOf(definition, query.metadata);
  const cost = { perEvent: perEvent + GROUP_COST.perEvent, perByte: perByte + GROUP_COST.perByte };
  if (await isAffordableScan(store, cost, query.window.range)) return;
  throw scanTooLarge(
    "Groups of a property are found in the events of the range, and these are too many, or have too much metadata. Narrow " +
      "start_timestamp and end_timestamp, or create a meter for each value that matters, whose filter requires it.",
  );
}

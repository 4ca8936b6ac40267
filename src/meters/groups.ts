import type { Definition } from "../engine/definition/definition.ts";
import { GROUP_COST, isAffordableScan, scanCostOf, scanTooLarge } from "../engine/definition/scan-cost.ts";
import { type Groups, toGroups } from "../engine/reading/groups.ts";
import { type FoundGroup, groupsSql } from "../engine/reading/groups-sql.ts";
import type { QuantitiesQuery, Source } from "../engine/reading/quantities-sql.ts";
import { sourceOfGroups } from "../engine/reading/sources.ts";
import type { Statement, Store } from "../store/store.ts";
import type { MeterQuantitiesQuery } from "./schemas.ts";

/** Groups with what they are grouped by, as the request names it. */
export type NamedGroups = { group_by: string } & Groups;

/** The parameters of groups. */
export type GroupsQuery = Pick<MeterQuantitiesQuery, "group_by" | "group_limit" | "group_sorting">;

/**
 * The statement of the groups that a request asks for, if it does, and what reads its rows.
 * @param source where the quantities of the request come from
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
  const own = sourceOfGroups(definition, source, by);
  if (own === "scan" && (source !== "scan" || by !== "customer"))
    await requireAffordableGroups(store, definition, query);
  const statement = groupsSql(store.organizationId, definition, query, own, { by, limit, sorting });
  const { func } = definition.aggregation;
  return {
    statements: [statement],
    read: (rows) => rows && { group_by: name, ...toGroups(query.window, func, { by }, rows) },
  };
}

/** Refuses to look for groups in too many events, and says what answers instead. */
async function requireAffordableGroups(store: Store, definition: Definition, query: QuantitiesQuery): Promise<void> {
  const { perEvent, perByte } = scanCostOf(definition, query.metadata);
  const cost = { perEvent: perEvent + GROUP_COST.perEvent, perByte: perByte + GROUP_COST.perByte };
  if (await isAffordableScan(store, cost, query.window.range)) return;
  throw scanTooLarge(
    "These groups are found in the events of the range, and these are too many, or have too much metadata. Narrow " +
      "start_timestamp and end_timestamp, or create another meter with the property in its dimensions: by these a meter " +
      "groups any number of events.",
  );
}

import { type SQL, sql } from "drizzle-orm";
import { groupBySize } from "../../store/group-by-size.ts";
import { MAX_PARAMETER_BYTES } from "../../store/limits.ts";
import type { Statement, Store } from "../../store/store.ts";
import { definitionOf } from "../definition/definition.ts";
import { requiredNames } from "../definition/required-names.ts";
import { compileMeter, takeTogether } from "../rollups/matching.ts";
import { stateSql } from "./erase.ts";
import { invalidateShadows } from "./verify.ts";
import {
  type Counted,
  findCounted,
  isLost,
  type Meter,
  type MeterRow,
  type State,
  type Voidable,
} from "./void-counted.ts";
import { shareOf } from "./void-decision.ts";
import { type MeterGroup, voidShare } from "./void-share.ts";
import { readSizes, requireAffordable } from "./void-sizes.ts";

// A void is planned from what meters have counted of the events, and carried out in a transaction that has no effect when
// anything that the plan depends on has changed.

/** What voiding events takes. */
export type VoidPlan = {
  /** The events that cannot be voided, by seq: that would need others that retention has deleted. */
  refused: Set<number>;
  /** SQL: true if nothing has changed that the plan depends on. */
  isCurrent: SQL;
  /** The statements after the events were marked, which have no effect unless the condition is true. */
  statements: (condition: SQL) => Statement[];
};

/**
 * Plans to void events: what changes in the rollups of all meters that have counted them.
 * @throws InvalidFields at `events` when it is estimated to take longer than a statement may
 */
export async function planVoid(store: Store, events: readonly Voidable[]): Promise<VoidPlan> {
  const { organizationId } = store;
  const [rows, [read]] = await store.read([selectMeters(organizationId), selectState(organizationId)]);
  const state = read!;
  const groups = groupMeters(rows, events);
  const counted = await findCounted(store, groups, events);
  const refused = new Set(counted.filter((each) => isLost(each, state)).map(({ seq }) => seq));
  const sizes = await readSizes(store, groups, counted, state);
  let share = shareOf(counted, refused, sizes);
  // Each refusal leaves fewer events, which may take less or other rows.
  for (; Array.isArray(share); share = shareOf(counted, refused, sizes)) share.forEach((seq) => refused.add(seq));
  requireAffordable(counted, share, sizes);
  const changed = share;
  return {
    refused,
    isCurrent: sql`${isUnchanged(organizationId, state)} AND ${haveNoOtherTotals(counted)}`,
    statements: (condition) => [
      ...voidShare(organizationId, groups, changed, condition),
      invalidateShadows(organizationId),
    ],
  };
}

function selectMeters(organizationId: string) {
  return sql<MeterRow>`SELECT id, definition_version, filter, aggregation, dimensions, watermark, events_from FROM meters
    WHERE organization_id = ${organizationId}`;
}

function selectState(organizationId: string) {
  return sql<State>`SELECT ${stateSql(organizationId)} AS state,
    (SELECT deleted_before FROM organizations WHERE id = ${organizationId}) AS deleted_before,
    coalesce((SELECT last_seq FROM organizations WHERE id = ${organizationId}), 0) AS last_seq`;
}

/** True while no meter and no watermark has changed, and retention has deleted no events of further days. */
function isUnchanged(organizationId: string, { state, deleted_before }: State): SQL {
  return sql`${stateSql(organizationId)} = ${state}
    AND (SELECT deleted_before FROM organizations WHERE id = ${organizationId}) IS ${deleted_before}`;
}

/** True unless totals since an earlier reset were added, as when an external id is set. */
function haveNoOtherTotals(counted: Counted[]): SQL {
  const without = counted.filter(({ since }) => since === null);
  if (without.length === 0) return sql`true`;
  const keys = JSON.stringify(without.map(({ meter, customer, seq }) => [meter.id, customer, seq]));
  return sql`NOT EXISTS (
    SELECT 1 FROM json_each(${keys}) AS k CROSS JOIN meter_totals AS t
      ON t.meter_id = k.value ->> 0 AND t.customer = k.value ->> 1 AND t.since > 0 AND t.since < k.value ->> 2
  )`;
}

/** The meters that may have counted an event, in groups that share statements. */
function groupMeters(rows: MeterRow[], events: readonly Voidable[]): MeterGroup<Meter>[] {
  const [names, first] = [new Set(events.map(({ name }) => name)), Math.min(...events.map(({ seq }) => seq))];
  const compiled = rows.flatMap((row): Meter[] => {
    if (row.watermark < first) return [];
    const definition = definitionOf(row);
    const own = requiredNames(definition.filter);
    if (own !== null && !own.some((name) => names.has(name))) return [];
    const { id, definition_version, watermark, events_from } = row;
    return [{ ...compileMeter({ id, definition_version, definition, names: own }), watermark, events_from }];
  });
  const alike = Map.groupBy(compiled, ({ watermark, names: own }) => `${watermark} ${own === null}`);
  return [...alike.values()]
    .flatMap((each) => groupBySize(each, sizeOf, MAX_PARAMETER_BYTES, MOST_TOGETHER))
    .flatMap(splitByText)
    .map((each) => ({ meters: each, watermark: each[0]!.watermark }));
}

const sizeOf = ({ definition }: Meter) => JSON.stringify(definition).length;
/** Meters of one statement at most. */
const MOST_TOGETHER = 1000;
const NOTHING = { events: 0, bytes: 0 };

/** Splits meters so that their conditions fit into one statement. */
function splitByText(all: Meter[]): Meter[][] {
  const groups: Meter[][] = [];
  for (let left = all; left.length > 0; left = left.slice(groups.at(-1)!.length)) {
    groups.push(takeTogether(left, () => NOTHING, Infinity));
  }
  return groups;
}

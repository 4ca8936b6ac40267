import type { Aggregation } from "../../src/engine/definition/aggregation.ts";
import type { Definition } from "../../src/engine/definition/definition.ts";
import type { Grouping } from "../../src/engine/reading/grouping.ts";
import { toGroups } from "../../src/engine/reading/groups.ts";
import { groupsSql } from "../../src/engine/reading/groups-sql.ts";
import type { Quantities } from "../../src/engine/reading/quantities.ts";
import type { QuantitiesQuery, Source } from "../../src/engine/reading/quantities-sql.ts";
import type { Store } from "../../src/store/store.ts";
import type { modelGroups } from "./group-model.ts";

// Compares what was computed with what the model expects.

/** Sums of k/1024 are exact in any order; sums of means are not. */
export const isExact = ({ func: name }: Aggregation, query: { customerFunction?: Aggregation["func"] | undefined }) =>
  name !== "avg" && query.customerFunction !== "avg";

/** What differs between what was computed and what was expected: more than 1e-9 of it, or anything where it is exact. */
export function difference(found: Quantities, expected: { quantities: number[]; total: number }, exact: boolean) {
  const differs = (a: number, b: number) => Math.abs(a - b) > (exact ? 0 : 1e-9 * Math.max(Math.abs(a), Math.abs(b)));
  const rows = found.quantities.map(({ quantity }) => quantity);
  const isSame =
    rows.length === expected.quantities.length &&
    rows.every((row, index) => !differs(row, expected.quantities[index]!)) &&
    !differs(found.total, expected.total);
  return isSame ? null : { found: { rows, total: found.total }, expected };
}

type Expected = ReturnType<typeof modelGroups>;
type Compared = { grouping: Grouping; model: (grouping: Grouping) => Expected };

/** What differs between groups that were computed and those of the model. */
export async function groupDifference(
  store: Store,
  definition: Definition,
  query: QuantitiesQuery,
  source: Source,
  { grouping, model }: Compared,
) {
  const [rows] = await store.read([groupsSql(store.organizationId, definition, query, source, grouping)]);
  const { func: name } = definition.aggregation;
  const found = toGroups(query.window, name, grouping, rows);
  const expected = model(grouping);
  const isSame = (one: Quantities, other: { quantities: number[]; total: number }) =>
    difference(one, other, isExact(definition.aggregation, query)) === null;
  const nameOf = ({ key, missing }: { key: unknown; missing?: true }) => {
    const { customer_id: id, external_customer_id: own } = (key ?? {}) as Record<string, unknown>;
    return JSON.stringify(typeof key === "object" && key !== null ? [id, own] : [key, missing]);
  };
  const areSame =
    found.group_count === expected.group_count &&
    found.groups.length === expected.groups.length &&
    found.groups.every((group, index) => {
      const wanted = expected.groups[index]!;
      return nameOf(group) === nameOf(wanted) && isSame(group, wanted);
    }) &&
    (found.others === null || expected.others === null
      ? found.others === expected.others
      : isSame(found.others, expected.others));
  return areSame ? null : { grouping, found, expected };
}

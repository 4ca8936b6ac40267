import { InvalidFields } from "../../errors.ts";
import { MAX_PAGE_BYTES } from "../../store/limits.ts";
import { parseJson } from "../../wire/json.ts";
import type { Aggregation } from "../definition/aggregation.ts";
import { KINDS } from "../definition/kind-sql.ts";
import { scanTooLarge } from "../definition/scan-cost.ts";
import type { Grouping } from "./grouping.ts";
import type { FoundGroup } from "./groups-sql.ts";
import { type Quantities, toQuantities, TOO_MANY_CUSTOMERS } from "./quantities.ts";
import type { Window } from "./window.ts";

/** A customer as a group: its ids, or the one that its events carried. */
type CustomerKey = {
  customer_id: string | null;
  external_customer_id: string | null;
  name: string | null;
  email: string | null;
};

/** What the events of a group have in common: a customer, or the value of a property; `missing` where they do not have it. */
type Key = { key: CustomerKey | string | number | boolean | null; missing?: true };

/** The first groups in the requested order, their number in all, and the quantities of the events of all others, if any. */
export type Groups = {
  group_count: number;
  groups: (Key & { total: number; quantities: Quantities["quantities"] })[];
  others: { total: number; quantities: Quantities["quantities"] } | null;
};

/**
 * Makes groups of the rows of groupsSql.
 * @throws InvalidFields when there are too many customers and rollups for one statement (`scan_too_large`), or the values by
 *   which is grouped are too long for an answer
 */
export function toGroups(
  window: Window,
  func: Aggregation["func"],
  { by }: Pick<Grouping, "by">,
  found: FoundGroup[],
): Groups {
  if (found.some(({ place }) => place === null)) throw scanTooLarge(TOO_MANY_CUSTOMERS);
  const names = found.filter(({ period }) => period === null).toSorted((a, b) => a.place! - b.place!);
  if (names.length === 0 && found.length > 0) throw new InvalidFields([TOO_LONG]);
  const periods = Map.groupBy(
    found.filter(({ period }) => period !== null),
    ({ place }) => place!,
  );
  const quantitiesAt = (place: number) => toQuantities(window, func, periods.get(place) ?? []);
  return {
    group_count: names[0]?.group_count ?? 0,
    groups: names.map((group) => {
      const { total, quantities } = quantitiesAt(group.place!);
      return { ...(by === "customer" ? customerOf(group) : valueOf(group)), total, quantities };
    }),
    others: periods.has(0) ? quantitiesAt(0) : null,
  };
}

const TOO_LONG = {
  type: "value_error",
  field: ["group_limit"],
  msg: `The values of these groups have more than ${MAX_PAGE_BYTES} bytes. Use a smaller group_limit, or group by what has shorter ones.`,
};

function customerOf({ grp, name, email }: FoundGroup): Key {
  const [external_customer_id, customer_id] = parseJson(grp!) as [string | null, string | null];
  return { key: { customer_id, external_customer_id, name, email } };
}

function valueOf({ grp }: FoundGroup): Key {
  const [kind, value] = parseJson(grp!) as [number, string | number | null];
  switch (kind) {
    case KINDS.missing:
      return { key: null, missing: true };
    case KINDS.boolean:
      return { key: value === 1 };
    case KINDS.number:
      return { key: Number(value) };
    default:
      return { key: value };
  }
}

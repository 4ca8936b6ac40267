import type { Definition } from "../../src/engine/definition/definition.ts";
import type { Grouping } from "../../src/engine/reading/grouping.ts";
import {
  aggregate,
  byCodePoint,
  lookUp,
  type ModelCustomer,
  type ModelEvent,
  modelQuantities,
  ownerOf,
  type Query,
  takenPeriods,
} from "./model.ts";

/** A group's name as an answer has it, by which groups are also told apart. */
type Key = { key: unknown; missing?: true };

/** What the contract says groups are: plain loops, each group and the rest computed from its own events. */
export function modelGroups(
  events: ModelEvent[],
  customers: ModelCustomer[],
  definition: Definition,
  query: Query,
  { by, limit, sorting }: Grouping,
) {
  const taken = takenPeriods(events, customers, definition.filter, query).flat();
  const groups = new Map<string, { key: Key; events: ModelEvent[] }>();
  for (const event of taken.filter((each) => counts(each, definition))) {
    const key = by === "customer" ? customerKey(event, customers) : valueKey(event, by.property);
    const group = groups.get(JSON.stringify(key)) ?? { key, events: [] };
    groups.set(JSON.stringify(key), group);
    group.events.push(event);
  }
  const of = (some: ModelEvent[]) => modelQuantities(some, customers, definition, query);
  const all = [...groups.values()].map((group) => ({ ...group, ...of(group.events) }));
  const sign = { "-total": -1, total: 1, key: 0 }[sorting];
  all.sort((a, b) => sign * (a.total - b.total) || compareKeys(a.key, b.key));
  const others = all.slice(limit).flatMap((group) => group.events);
  return {
    group_count: all.length,
    groups: all.slice(0, limit).map(({ key, quantities, total }) => ({ ...key, total, quantities })),
    others: others.length === 0 ? null : of(others),
  };
}

function counts(event: ModelEvent, { aggregation }: Definition): boolean {
  if (aggregation.func === "unique") return lookUp(event.metadata, aggregation.property).value !== undefined;
  return aggregate([event], aggregation) !== null;
}

function customerKey(event: ModelEvent, customers: ModelCustomer[]): Key {
  const owner = ownerOf(event, customers);
  const { customer_id, external_customer_id: external } = event;
  const ids =
    owner === undefined
      ? { customer_id, external_customer_id: customer_id === null ? external : null }
      : { customer_id: owner.id, external_customer_id: owner.external_id };
  return { key: ids };
}

function valueKey(event: ModelEvent, property: string): Key {
  if (property === "name" || property === "source") return { key: event[property] };
  const { value } = lookUp(event.metadata, property);
  if (value === undefined) return { key: null, missing: true };
  return { key: typeof value === "object" ? null : value };
}

const RANKS = ["null", "missing", "boolean", "number", "string"];

function compareKeys(a: Key, b: Key): number {
  const [x, y] = [a, b].map(({ key, missing }) => (missing ? "missing" : key === null ? "null" : typeof key));
  if (x === "object") {
    const [p, q] = [a.key, b.key] as { customer_id: string | null; external_customer_id: string | null }[];
    return (
      compareTexts(p!.external_customer_id, q!.external_customer_id) || compareTexts(p!.customer_id, q!.customer_id)
    );
  }
  if (x !== y) return RANKS.indexOf(x!) - RANKS.indexOf(y!);
  return x === "string" ? byCodePoint(a.key as string, b.key as string) : Number(a.key) - Number(b.key);
}

function compareTexts(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return byCodePoint(a, b);
}

import type { Aggregation } from "../../src/engine/definition/aggregation.ts";
import type { Filter, FilterClause } from "../../src/engine/definition/filter.ts";
import type { RowInterval } from "../../src/engine/reading/window.ts";
import type { Interval } from "../../src/time/interval.ts";

/** An event as the model sees it. */
export type ModelEvent = {
  name: string;
  source: string;
  timestamp: number;
  customer_id: string | null;
  external_customer_id: string | null;
  metadata: Record<string, unknown>;
};

/** A customer as the model sees it. */
export type ModelCustomer = { id: string; external_id: string | null; isDeleted: boolean };

/** The customers that a query names. */
type Named = { ids: string[]; externalIds: string[] };

export type Query = {
  rows: number[];
  /** What `total` counts up to. */
  end: number;
  interval: RowInterval;
  timezone: string;
  customers?: Named | undefined;
  metadata: { key: string; values: string[] }[];
  customerFunction?: Aggregation["func"] | undefined;
};

/** A simple model of quantities: loops over events, without SQL, buckets or watermarks. */
export function modelQuantities(
  events: ModelEvent[],
  customers: ModelCustomer[],
  { filter, aggregation }: { filter: Filter; aggregation: Aggregation },
  query: Query,
): { quantities: number[]; total: number } {
  const periods = takenPeriods(events, customers, filter, query);
  const quantities = periods.map((period) => quantityOf(period, aggregation, query.customerFunction));
  return {
    quantities: quantities.map((quantity) => quantity ?? 0),
    total: query.interval === "total" ? (quantities[0] ?? 0) : totalOf(quantities, periods.flat(), aggregation),
  };
}

/** The events of each row that match and are asked for. */
export function takenPeriods(events: ModelEvent[], customers: ModelCustomer[], filter: Filter, query: Query) {
  const taken = events.filter(
    (event) =>
      matches(event, filter) &&
      (query.customers === undefined || isOf(query.customers, event, customers)) &&
      query.metadata.every(({ key, values }) => {
        const { value, isAmount } = lookUp(event.metadata, key);
        if (isAmount) return values.some((text) => /\d/.test(text) && Number(text) === value);
        return value !== undefined && value !== null && values.includes(jsonText(value));
      }),
  );
  return periodsOf(taken, query);
}

/** The events of each row. */
function periodsOf(events: ModelEvent[], { rows, end, interval, timezone }: Query): ModelEvent[][] {
  if (interval === "total") return [events.filter(({ timestamp }) => timestamp >= rows[0]! && timestamp < end)];
  const keyed = events.map((event) => ({ event, key: calendarKey(event.timestamp, interval, timezone) }));
  return rows.map((row) => {
    const key = calendarKey(row, interval, timezone);
    return keyed.filter((each) => each.key === key).map(({ event }) => event);
  });
}

/** The undeleted customer of an event. */
export function ownerOf({ customer_id: id, external_customer_id: external }: ModelEvent, customers: ModelCustomer[]) {
  return customers.find(
    (each) =>
      !each.isDeleted && (id === null ? each.external_id !== null && each.external_id === external : each.id === id),
  );
}

/** An event belongs to its customer, by either id; without one, to its external id as it is written. */
function isOf({ ids, externalIds }: Named, event: ModelEvent, customers: ModelCustomer[]): boolean {
  const { customer_id: id, external_customer_id: external } = event;
  const owner = ownerOf(event, customers);
  const isNamed = (each: ModelCustomer) =>
    ids.includes(each.id) || (each.external_id !== null && externalIds.includes(each.external_id));
  if (owner !== undefined && isNamed(owner)) return true;
  return id === null && external !== null && externalIds.includes(external);
}

/** The identity that an event came with. */
const identityOf = ({ customer_id: id, external_customer_id: external }: ModelEvent) =>
  id === null ? `external ${external}` : `own ${id}`;

function quantityOf(
  events: ModelEvent[],
  aggregation: Aggregation,
  over: Aggregation["func"] | undefined,
): number | null {
  if (over === undefined) return aggregate(events, aggregation);
  const each = [...new Set(events.map(identityOf))].flatMap(
    (identity) => aggregate(events.filter((event) => identityOf(event) === identity), aggregation) ?? [],
  ); // prettier-ignore
  return each.length === 0 ? null : reduce(over, each);
}

/** Aggregates values; null if there are none. */
export function aggregate(events: ModelEvent[], aggregation: Aggregation): number | null {
  if (events.length === 0) return null;
  if (aggregation.func === "count") return events.length;
  if (aggregation.func === "unique") {
    const values = events.map(({ metadata }) => lookUp(metadata, aggregation.property).value);
    return new Set(values.filter((value) => value !== undefined).map((value) => JSON.stringify(value))).size;
  }
  const numbers = numbersOf(events, aggregation.property);
  return numbers.length === 0 ? null : reduce(aggregation.func, numbers);
}

function totalOf(quantities: (number | null)[], events: ModelEvent[], aggregation: Aggregation): number {
  const present = quantities.filter((quantity) => quantity !== null);
  if (present.length === 0) return 0;
  switch (aggregation.func) {
    case "avg":
      return reduce("avg", numbersOf(events, aggregation.property));
    case "unique":
      return aggregate(events, aggregation) ?? 0;
    case "count":
      return reduce("sum", present);
    case "sum":
    case "max":
    case "min":
      return reduce(aggregation.func, present);
  }
}

function reduce(func: Aggregation["func"], numbers: number[]): number {
  const sum = numbers.reduce((total, number) => total + number, 0);
  switch (func) {
    case "count":
      return numbers.length;
    case "sum":
      return sum;
    case "max":
      return Math.max(...numbers);
    case "min":
      return Math.min(...numbers);
    case "avg":
      return sum / numbers.length;
    case "unique":
      return new Set(numbers).size;
  }
}

function numbersOf(events: ModelEvent[], property: string): number[] {
  return events.flatMap((event) => {
    if (property === "name" || property === "source") return [];
    if (property === "timestamp") return [epochSeconds(event)];
    const { value } = lookUp(event.metadata, property);
    return typeof value === "number" ? [value] : [];
  });
}

/** Whether an event matches a filter. */
export function matches(event: ModelEvent, filter: Filter): boolean {
  if (filter.clauses.length === 0) return true;
  const holds = (part: Filter | FilterClause) => ("clauses" in part ? matches(event, part) : holdsFor(event, part));
  return filter.conjunction === "and" ? filter.clauses.every(holds) : filter.clauses.some(holds);
}

/** Whether a clause holds for an event. */
export function holdsFor(event: ModelEvent, { property, operator, value }: FilterClause): boolean {
  const isLike = operator === "like" || operator === "not_like";
  const contains = (text: string) => text.includes(asText(value)) === (operator === "like");
  switch (property) {
    case "name":
    case "source":
      if (typeof value !== "string") return false;
      return isLike ? contains(event[property]) : compare(operator, byCodePoint(event[property], value));
    case "timestamp":
      if (typeof value === "string") return false;
      if (isLike) return contains(String(epochSeconds(event)));
      return typeof value === "number" && compare(operator, epochSeconds(event) - value);
  }
  const { value: stored, digits } = lookUp(event.metadata, property);
  if (stored === undefined || stored === null || typeof stored === "object") return false;
  if (isLike) return contains(digits ?? jsonText(stored));
  switch (typeof stored) {
    case "string":
      return compare(operator, byCodePoint(stored, asText(value)));
    case "number":
      return typeof value !== "string" && compare(operator, stored - Number(value));
    default:
      return typeof value === "boolean" && compare(operator, Number(stored) - Number(value));
  }
}

type Comparison = Exclude<FilterClause["operator"], "like" | "not_like">;

function compare(operator: Comparison, difference: number): boolean {
  switch (operator) {
    case "eq":
      return difference === 0;
    case "ne":
      return difference !== 0;
    case "gt":
      return difference > 0;
    case "gte":
      return difference >= 0;
    case "lt":
      return difference < 0;
    case "lte":
      return difference <= 0;
  }
}

export function byCodePoint(a: string, b: string): number {
  const [x, y] = [Array.from(a, (c) => c.codePointAt(0)!), Array.from(b, (c) => c.codePointAt(0)!)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i]! - y[i]!;
  return x.length - y.length;
}

const asText = (value: unknown) => (typeof value === "boolean" ? (value ? "t" : "f") : String(value));
const jsonText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
const epochSeconds = ({ timestamp }: ModelEvent) => Math.floor((timestamp + 500) / 1000);

/** A field of `_llm` or `_cost` if there is one, else the key as it is; an amount is a number that was written with digits. */
export function lookUp(metadata: object, property: string): { value: unknown; digits?: string; isAmount?: boolean } {
  const dot = property.indexOf(".");
  const object = property.slice(0, Math.max(dot, 0));
  const field = ["_llm", "_cost"].includes(object) ? own(own(metadata, object), property.slice(dot + 1)) : undefined;
  if (field === undefined) return { value: own(metadata, property) };
  if (property !== "_cost.amount") return { value: field };
  return { value: Number(field), digits: field as string, isAmount: true };
}

function own(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Names the calendar hour (with its offset), day, ISO week, month or year of an instant in a time zone. */
export function calendarKey(instant: number, interval: Interval, timeZone: string): string {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat("en-CA", {
    timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", hourCycle: "h23", timeZoneName: "longOffset",
  }); // prettier-ignore
  formats.set(timeZone, format);
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  switch (interval) {
    case "hour":
      return `${part["year"]}-${part["month"]}-${part["day"]} ${part["hour"]} ${part["timeZoneName"]}`;
    case "day":
      return `${part["year"]}-${part["month"]}-${part["day"]}`;
    case "week": {
      const date = new Date(`${part["year"]}-${part["month"]}-${part["day"]}T00:00:00Z`);
      date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
      return date.toISOString().slice(0, 10);
    }
    case "month":
      return `${part["year"]}-${part["month"]}`;
    case "year":
      return part["year"]!;
  }
}

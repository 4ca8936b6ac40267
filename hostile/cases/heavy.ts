import fc from "fast-check";
import { oddZones } from "../texts.ts";
import { request } from "../exchange.ts";
import type { Case } from "./case.ts";

const OPERATORS = ["eq", "ne", "gt", "lte", "like", "not_like"];
const PROPERTIES = [
  "name",
  "k",
  "_llm.prompt",
  "metadata._llm.prompt",
  "_cost.amount",
  "timestamp",
  "a.".repeat(50),
  "p".repeat(2500),
  "é".repeat(2500),
];
const VALUES = ["a", "xxxxxxxxxx", "x".repeat(1000), "%_%", 1, true];

/** Filters of a number of clauses, now and then nested as deep as is allowed. */
function filtersOf(count: number, properties = PROPERTIES): fc.Arbitrary<object> {
  const clause = fc.record({
    property: fc.constantFrom(...properties),
    operator: fc.constantFrom(...OPERATORS),
    value: fc.constantFrom(...VALUES),
  });
  // The orders take no boolean.
  const written = clause.map((each) => (typeof each.value === "boolean" ? { ...each, operator: "ne" } : each));
  return fc
    .tuple(
      fc.constantFrom("and", "or"),
      fc.array(written, { minLength: count, maxLength: count }),
      fc.constantFrom(1, 1, 15),
    )
    .map(([conjunction, clauses, levels]) => {
      // Every clause has a property of its own, so that no lookup can be shared.
      const different = clauses.map((each, at) => ({ ...each, property: differing(each.property, at) }));
      let filter: object = { conjunction, clauses: different };
      for (let level = 1; level < levels; level++) filter = { conjunction, clauses: [filter] };
      return filter;
    });
}

function differing(property: string, at: number): string {
  return property.length > 100 ? property.slice(0, -3) + String(at).padStart(3, "0") : property;
}

const filters = fc.constantFrom(1, 5, 20, 100, 200).chain((count) => filtersOf(count));
const aggregations = fc.oneof(
  fc.constant({ func: "count" }),
  fc.record({ func: fc.constantFrom("sum", "max", "avg", "unique"), property: fc.constantFrom(...PROPERTIES) }),
);
const tokens = fc.constantFrom("d1" as const, "object" as const);

/** Intervals and the widest range that each may have. */
const ranges = fc.constantFrom(
  { interval: "hour", start_timestamp: "2026-01-01T00:00:00Z", end_timestamp: "2026-01-08T00:00:00Z" },
  { interval: "day", start_timestamp: "2025-06-01T00:00:00Z", end_timestamp: "2026-06-02T00:00:00Z" },
  { interval: "month", start_timestamp: "2023-01-01T00:00:00Z", end_timestamp: "2026-12-31T00:00:00Z" },
);

const preview = fc
  .record({ filter: filters, aggregation: aggregations, range: ranges, timezone: oddZones, as: tokens })
  .map(({ as, range, ...body }) => request("POST", "/v1/meters/preview", { as, json: { ...body, ...range } }));

const quantities = fc
  .record({ range: ranges, timezone: oddZones, meter: fc.nat(500), per: fc.constantFrom("", "sum", "unique") })
  .map(({ range, timezone, meter, per }) => {
    const query = new URLSearchParams({
      ...range,
      timezone,
      ...(per !== "" && { customer_aggregation_function: per }),
    });
    return request("GET", `/v1/meters/@meters:${meter}@/quantities?${query.toString()}`);
  });

/** Few clauses: a filter in a query string has to fit into it. */
const filtered = fc
  .tuple(
    fc.constantFrom(1, 5, 60).chain((count) => filtersOf(count, PROPERTIES.slice(0, 6))),
    tokens,
  )
  .map(([filter, as]) => {
    const query = new URLSearchParams({ filter: JSON.stringify(filter), limit: "100", sorting: "timestamp" });
    return request("GET", `/v1/events/?${query.toString()}`, { as });
  });

const lists = fc
  .tuple(fc.constantFrom("/v1/meters/", "/v1/events/", "/v1/events/names"), fc.constantFrom("", "-"), fc.nat(3))
  .map(([path, order, page]) => {
    const sorting = path === "/v1/events/" ? "timestamp" : "name";
    return request("GET", `${path}?limit=100&page=${page + 1}&sorting=${order}${sorting}`, { as: "object" });
  });

/** Events that are there already, large ones among them, with what is stored of each asked for. */
const repeated = fc.integer({ min: 1, max: 300 }).map((count) => {
  const events = Array.from({ length: count }, (_, at) => ({
    name: "e",
    external_id: `large ${at}`,
    external_customer_id: "c",
  }));
  return request("POST", "/v1/events/ingest", {
    as: "object",
    headers: { Prefer: "return=representation" },
    json: { events },
  });
});

/** A meter that grows with each update. */
const growing = fc
  .tuple(fc.nat(500), fc.constantFrom(1000, 400_000, 890_000, 1_040_000), filters)
  .map(([at, size, filter]) => {
    const patch = (json: object) => request("PATCH", `/v1/meters/@meters:${at}@`, { json });
    return [
      patch({ unit: "custom", custom_label: "l".repeat(size) }),
      patch({ name: "n".repeat(Math.min(size, 890_000)) }),
      patch({ filter }),
    ];
  });

/** Small requests that make the Worker read or compute much. */
export const heavyCases: fc.Arbitrary<Case> = fc
  .oneof(
    { weight: 6, arbitrary: preview.map((each) => [each]) },
    { weight: 6, arbitrary: quantities.map((each) => [each]) },
    { weight: 4, arbitrary: filtered.map((each) => [each]) },
    { weight: 1, arbitrary: lists.map((each) => [each]) },
    { weight: 1, arbitrary: repeated.map((each) => [each]) },
    { weight: 1, arbitrary: growing },
  )
  .map((steps) => ({ kind: "heavy", steps }));

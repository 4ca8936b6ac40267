import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { listEvents } from "../../src/events/queries.ts";
import { EventListQuery } from "../../src/events/schemas.ts";
import type { Aggregation } from "../../src/engine/definition/aggregation.ts";
import { catchUpStatements } from "../../src/engine/rollups/catch-up-statements.ts";
import { compileMeter } from "../../src/engine/rollups/matching.ts";
import { compile } from "../../src/engine/definition/definition.ts";
import type { Filter } from "../../src/engine/definition/filter.ts";
import type { Grouping } from "../../src/engine/reading/grouping.ts";
import { groupsSql } from "../../src/engine/reading/groups-sql.ts";
import { quantitiesSql, type QuantitiesQuery, type Source } from "../../src/engine/reading/quantities-sql.ts";
import { windowOf } from "../../src/engine/reading/window.ts";
import { ORGANIZATION } from "../support/api.ts";
import { formatQuery } from "../support/format-sql.ts";
import { toQuery } from "../../src/store/db.ts";
import type { Query } from "../../src/store/store.ts";
import { recording } from "../support/statements.ts";
import { HOME } from "../support/stores.ts";

const METER = "33333333-3333-4333-8333-333333333333";
const FILTER: Filter = {
  conjunction: "and",
  clauses: [
    { property: "name", operator: "eq", value: "ai_usage" },
    { property: "model", operator: "not_like", value: "mini" },
  ],
};
const COUNT: Aggregation = { func: "count" };
const SUM: Aggregation = { func: "sum", property: "total_tokens" };
const UNIQUE: Aggregation = { func: "unique", property: "user_id" };

/** Two days, all customers together. */
const DAYS: QuantitiesQuery = {
  window: windowOf({
    start: Date.parse("2026-03-01T00:00:00Z"),
    end: Date.parse("2026-03-02T00:00:00Z"),
    interval: "day",
    timezone: "UTC",
  }),
  customers: {},
  metadata: [],
};
const ROLLUPS: Source = { rollupsOf: METER, definitionVersion: 1 };

const DIMENSION: Source = { ...ROLLUPS, dimension: { place: 0 } };

const quantities = (aggregation: Aggregation, query: QuantitiesQuery, source: Source) =>
  toQuery(quantitiesSql(ORGANIZATION, compile({ filter: FILTER, aggregation }), query, source));

const groups = (aggregation: Aggregation, source: Source, grouping: Grouping) =>
  toQuery(groupsSql(ORGANIZATION, { filter: FILTER, aggregation }, DAYS, source, grouping));

function catchUp(aggregation: Aggregation): Query[] {
  const meter = compileMeter({ id: METER, definition_version: 1, definition: { filter: FILTER, aggregation }, names: ["ai_usage"] }); // prettier-ignore
  return catchUpStatements([meter], { organizationId: ORGANIZATION, start: 0, end: 5000 }, 0).map(toQuery);
}

async function listed(): Promise<Query[]> {
  const { open, statements } = recording();
  const query = EventListQuery.parse({
    filter: JSON.stringify(FILTER),
    start_timestamp: "2026-03-01T00:00:00Z",
    end_timestamp: "2026-03-02T00:00:00Z",
  });
  await listEvents(open(env, HOME), query, null);
  return statements.map(toQuery);
}

describe("The statement", () => {
  it.for<[file: string, queries: () => Query[] | Promise<Query[]>]>([
    ["quantities-count", () => [quantities(COUNT, DAYS, ROLLUPS)]],
    ["quantities-unique", () => [quantities(UNIQUE, DAYS, ROLLUPS)]],
    [
      "quantities-scan-by-customer",
      () => {
        const metadata = [{ key: "region", values: ["eu", "us"] }];
        return [quantities(SUM, { ...DAYS, metadata, customerFunction: "max" }, "scan")];
      },
    ],
    ["quantities-by-customer", () => [quantities(SUM, { ...DAYS, customerFunction: "max" }, ROLLUPS)]],
    ["groups-by-customer", () => [groups(SUM, ROLLUPS, { by: "customer", limit: 10, sorting: "-total" })]],
    [
      "groups-by-property-unique",
      () => [groups(UNIQUE, "scan", { by: { property: "_llm.model" }, limit: 10, sorting: "key" })],
    ],
    ["groups-by-dimension", () => [groups(SUM, DIMENSION, { by: { property: "model" }, limit: 10, sorting: "-total" })]], // prettier-ignore
    ["groups-by-dimension-unique", () => [groups(UNIQUE, DIMENSION, { by: { property: "model" }, limit: 10, sorting: "key" })]], // prettier-ignore
    ["quantities-of-a-dimension", () => [quantities(SUM, DAYS, { ...ROLLUPS, dimension: { place: 0, values: ["large", "1"] } })]], // prettier-ignore
    ["catch-up-sum", () => catchUp(SUM)],
    ["catch-up-unique", () => catchUp(UNIQUE)],
    ["list-with-filter", listed],
  ])("of %s is as it was reviewed", async ([file, queries], { expect }) => {
    const statements = (await queries()).map(formatQuery);
    await expect(statements.join("\n")).toMatchFileSnapshot(`sql/${file}.sql`);
  });
});

import { describe, it } from "vitest";
import { call, grant, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { DAY, event, setUp } from "../support/metering.ts";
import { failing } from "../support/stores.ts";

describe("Reading one's own writes", () => {
  it("holds in 200 rounds of ingestion and quantities from concurrent clients", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
    const { id } = await create();
    let accepted = 0;
    let asked = 0;
    const client = async () => {
      while (asked < 200) {
        asked++;
        await ingest(event(), event());
        accepted += 2;
        const known = accepted;
        expect(await total(id)).toBeGreaterThanOrEqual(known);
      }
    };
    await Promise.all([client(), client(), client(), client()]);
    expect(await total(id)).toBe(accepted);
  });
});

describe("GET /v1/meters/{id}/quantities", () => {
  it("answers 401 without credentials, 404 for another organization's meter, before the range is checked", async ({
    expect,
  }) => {
    const { create } = await setUp();
    const { id } = await create();
    const path = `/v1/meters/${id}/quantities?start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2020-01-01T00:00:00Z&interval=day`;
    expect((await call("GET", path)).status).toBe(401);
    expect((await call("GET", path, { token: await grant({ organization_id: OTHER_ORGANIZATION }) })).status).toBe(404);
  });

  it("shows a missing parameter's neighbours as they were sent", async ({ expect }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    const answer = await call("GET", `/v1/meters/${id}/quantities?interval=day&metadata[a]=1`, { token });
    expect(problems(answer)).toEqual(["query.start_timestamp missing", "query.end_timestamp missing"]);
    expect(answer.json.detail[0].input).toEqual({ interval: "day", "metadata[a]": "1" });
  });

  it.for([
    ["interval=day", ["query.start_timestamp missing", "query.end_timestamp missing"]],
    [DAY.replace("day", "minute"), ["query.interval enum"]],
    ...["%2B02:00", "GMT%2B2", "Z", "", "Mars/Base"].map((zone) => [`${DAY}&timezone=${zone}`, ["query.timezone value_error"]]),
    [`${DAY}&customer_id=x&customer_aggregation_function=median`, ["query.customer_id.0 uuid_parsing", "query.customer_aggregation_function enum"]],
    ["start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-09T00:00:00Z&interval=hour", ["query value_error"]],
    ["start_timestamp=2022-12-31T23:59:59Z&end_timestamp=2023-01-09T00:00:00Z&interval=day", ["query.start_timestamp value_error"]],
    ["start_timestamp=2026-01-02T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day", ["query value_error"]],
  ] as [string, string[]][])("answers 422 to ?%s", async ([query, expected], { expect }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    const answer = await call("GET", `/v1/meters/${id}/quantities?${query}`, { token });
    expect(answer.status).toBe(422);
    expect(problems(answer)).toEqual(expected);
  }); // prettier-ignore

  it("keeps sums inside the range of doubles", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const { id } = await create({ aggregation: { func: "sum", property: "n" } });
    await ingest(event({ n: 1.7e308 }), event({ n: 1.7e308 }));
    expect(await total(id)).toBe(Number.MAX_VALUE);
    await catchUpAll();
    await ingest(event({ n: 1.7e308 }));
    await catchUpAll();
    expect(await total(id)).toBe(Number.MAX_VALUE);
  });

  it("keeps means and their total finite, caught up or not", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const { id } = await create({ aggregation: { func: "avg", property: "n" } });
    await ingest(event({ n: 1.7e308 }), event({ n: 1.7e308 }));
    const before = await total(id);
    expect(before).toBe(Number.MAX_VALUE / 2);
    await catchUpAll();
    expect(await total(id)).toBe(before);
  });

  it("answers 503 when D1 is overloaded", async ({ expect }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    const open = failing(new Error("D1_ERROR: D1 DB is overloaded."));
    expect((await call("GET", `/v1/meters/${id}/quantities?${DAY}`, { token, open })).status).toBe(503);
  });
});

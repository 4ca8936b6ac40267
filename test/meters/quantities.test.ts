import { describe, it } from "vitest";
import { call, grant, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { catchUpAll, DAY, event, setUp } from "../support/metering.ts";
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

  it("shows the other parameters as they were sent when one is missing", async ({ expect }) => {
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

  it("answers a total over ten years, and 422 to a day more", async ({ expect }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    const total = (end: string) => call("GET", `/v1/meters/${id}/quantities?start_timestamp=2023-02-01T10:00:00Z&end_timestamp=${end}&interval=total`, { token }); // prettier-ignore
    const { json } = await total("2033-02-01T10:00:00Z");
    expect(json).toEqual({ quantities: [{ timestamp: "2023-02-01T10:00:00.000Z", quantity: 0 }], total: 0 });
    expect(problems(await total("2033-02-02T10:00:00Z"))).toEqual(["query value_error"]);
  });

  it.for<[query: string, expected: number[]]>([
    ["interval=month", [1, 1, 2]],
    ["interval=month&customer_aggregation_function=sum", [1, 1, 2]],
    ["interval=month&external_customer_id=c1", [1, 1, 2]],
    ["interval=day&start_timestamp=2025-03-29T12:00:00Z&timezone=Europe/Berlin", [0, 1, 1]],
    ["interval=week&start_timestamp=2025-03-17T12:00:00Z&timezone=Europe/Berlin", [0, 1, 1]],
  ])("counts events in periods of different lengths before a catch-up: %s", async ([query, expected], { expect }) => {
    const { token, create, ingest } = await setUp();
    const { id } = await create();
    const times = ["2025-01-31T23:59:59Z", "2025-02-28T23:59:59Z", "2025-03-30T21:59:59Z", "2025-03-30T22:00:00Z"];
    await ingest(...times.map((timestamp) => ({ ...event(), timestamp })));
    const all = { start_timestamp: "2025-01-15T12:00:00Z", end_timestamp: "2025-03-31T12:00:00Z" };
    const range = new URLSearchParams({ ...all, ...Object.fromEntries(new URLSearchParams(query)) });
    const { json } = await call("GET", `/v1/meters/${id}/quantities?${range.toString()}`, { token });
    expect(json.quantities.map(({ quantity }: { quantity: number }) => quantity)).toEqual(expected);
  });

  it("leaves the values of half an hour that no row has out of the total", async ({ expect }) => {
    const { token, create, ingest } = await setUp();
    const { id } = await create({ aggregation: { func: "unique", property: "v" } });
    const used = (v: string, time: string) => ({ ...event({ v }), timestamp: `2025-10-04T${time}:00Z` });
    // At 15:30 the island's clocks go from 2:00 to 2:30.
    await ingest(used("a", "15:00"), used("a", "15:45"), used("b", "15:45"), used("b", "16:00"), used("c", "15:59"));
    await catchUpAll();
    await ingest(used("d", "15:30"), used("e", "16:59"));
    const range = "start_timestamp=2025-10-04T15:12:00Z&end_timestamp=2025-10-04T16:12:00Z&interval=hour";
    const { json } = await call("GET", `/v1/meters/${id}/quantities?${range}&timezone=Australia/Lord_Howe`, { token });
    expect(json.quantities.map(({ quantity }: { quantity: number }) => quantity)).toEqual([1, 2]);
    expect(json.total).toBe(3);
  });

  it("counts each event in one of two totals that follow each other, and none in an empty one", async ({ expect }) => {
    const { token, create, ingest } = await setUp();
    const { id } = await create({ aggregation: { func: "sum", property: "n" } });
    const used = (n: number, timestamp: string) => ({ ...event({ n }), timestamp });
    const [begin, end] = ["2026-01-15T09:37:12.000Z", "2026-02-15T09:37:12.000Z"];
    await ingest(used(1, "2026-01-15T09:37:11.999Z"), used(10, begin), used(100, "2026-02-15T09:37:11.999Z"), used(1000, end)); // prettier-ignore
    const total = async (from: string, to: string, more = "") => {
      const range = `start_timestamp=${from}&end_timestamp=${to}&interval=total${more}`;
      const { json } = await call("GET", `/v1/meters/${id}/quantities?${range}`, { token });
      expect(json.quantities).toEqual([{ timestamp: from, quantity: json.total }]);
      return json.total;
    };
    const totals = async () => [
      await total(begin, end),
      await total(end, "2026-03-15T09:37:12.000Z"),
      await total(begin, end, "&external_customer_id=c1"),
      await total(begin, end, "&external_customer_id=c2"),
      await total(begin, end, "&metadata[n]=10"),
      await total(begin, begin),
      await total("2026-01-15T09:37:11.999Z", "2026-01-15T09:37:12.001Z"),
    ];
    expect(await totals()).toEqual([110, 1000, 110, 0, 10, 0, 11]);
    await catchUpAll();
    expect(await totals()).toEqual([110, 1000, 110, 0, 10, 0, 11]);
  });

  it("keeps sums inside the range of doubles", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
    const { id } = await create({ aggregation: { func: "sum", property: "n" } });
    await ingest(event({ n: 1.7e308 }), event({ n: 1.7e308 }));
    expect(await total(id)).toBe(Number.MAX_VALUE);
    await catchUpAll();
    await ingest(event({ n: 1.7e308 }));
    await catchUpAll();
    expect(await total(id)).toBe(Number.MAX_VALUE);
  });

  it("keeps means and their total finite, caught up or not", async ({ expect }) => {
    const { ingest, create, total } = await setUp();
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

import { describe, it } from "vitest";
import { problems } from "../support/api.ts";
import { catchUpAll, event, NAMED, setUp } from "../support/metering.ts";

describe("The definition of a meter", () => {
  it("can change while no event was aggregated, whatever was caught up, and begins anew", async ({ expect }) => {
    const { ingest, create, patch, total } = await setUp();
    const unique = await create({ aggregation: { func: "unique", property: "user" } });
    const sum = await create({ aggregation: { func: "sum", property: "tokens" } });
    await ingest(event({ tokens: "5" }), event({ tokens: "7" }));
    for (const step of [async () => {}, catchUpAll]) {
      await step();
      for (const { id } of [unique, sum]) {
        const answer = await patch(id, { aggregation: { func: "unique", property: "region" }, name: "Changed" });
        expect([answer.status, answer.json.name]).toEqual([200, "Changed"]);
        expect(await total(id)).toBe(0);
      }
    }
    expect((await patch(sum.id, { filter: NAMED, aggregation: { func: "count" } })).status).toBe(200);
    expect(await total(sum.id)).toBe(2);
    await catchUpAll();
    expect(await total(sum.id)).toBe(2);
  });

  it("cannot change once an event was aggregated, caught up or not; each named field is a problem", async ({
    expect,
  }) => {
    const { ingest, create, patch, total } = await setUp();
    const meters = [
      await create(),
      await create({ aggregation: { func: "sum", property: "tokens" } }),
      await create({ aggregation: { func: "unique", property: "tokens" } }),
    ];
    await ingest(event({ tokens: 5 }));
    for (const step of [async () => {}, catchUpAll]) {
      await step();
      for (const { id } of meters) {
        const answer = await patch(id, { filter: NAMED, aggregation: null, name: "Changed" });
        expect(answer.json.error).toBe("PolarRequestValidationError");
        expect(problems(answer)).toEqual(["body.filter forbidden", "body.aggregation forbidden"]);
        const unchanged = await patch(id, { filter: null });
        expect(problems(unchanged)).toEqual(["body.filter forbidden"]);
        expect((await patch(id, { name: "Renamed" })).json.name).toBe("Renamed");
      }
    }
    expect(await total(meters[1]!.id)).toBe(5);
  });
});

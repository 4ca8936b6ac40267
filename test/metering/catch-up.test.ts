import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { catchUp } from "../../src/metering/catch-up.ts";
import { ORGANIZATION } from "../support/api.ts";
import { event, setUp, usage } from "../support/metering.ts";
import { onD1 } from "../support/stores.ts";

describe("Catch-up", () => {
  it("loses and doubles nothing when catch-ups meet, fail half-way, or meet ingestion", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const { id } = await create({ aggregation: { func: "sum", property: "n" } });
    let sum = 0;
    for (let round = 1; round <= 10; round++) {
      sum += round;
      let calls = 0;
      const open = onD1((carryOut, statements) =>
        // Every third transaction is undone at its end.
        ++calls % 3 === 0
          ? env.DB.batch([...statements, env.DB.prepare("SELECT abs(-9223372036854775807 - 1)")])
          : carryOut(),
      );
      const catchUpBadly = () => catchUp(open(env, ORGANIZATION), { transactions: 50 });
      await Promise.allSettled([catchUpBadly(), catchUpBadly()]);
      await Promise.all([ingest(event({ n: round })), catchUpAll(), catchUpAll()]);
      expect(await total(id)).toBe(sum);
    }
  });

  it("aggregates fewer events at once where they are large", async ({ expect }) => {
    const { ingest, create, total, catchUpAll } = await setUp();
    const { id } = await create();
    const llm = usage(800_000);
    const large = Array.from({ length: 9 }, () => event({ _llm: llm }));
    await ingest(...large);
    await ingest(...large, event());
    expect((await catchUpAll()).transactions).toBe(4);
    expect(await total(id)).toBe(19);
    const { results } = await env.DB.prepare("SELECT watermark FROM meters").all();
    expect(results).toEqual([{ watermark: 19 }]);
  });
});

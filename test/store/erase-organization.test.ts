import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import deployment from "../../docs/deployment.md?raw";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import type { Send } from "../support/example.ts";
import { makeExamples } from "../support/examples.ts";
import { STORE } from "../support/stores.ts";
import { exportEvents } from "../../src/export/export-events.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { openStore } from "../../src/store/open.ts";

/** The statements of the section about erasing an organization. */
const STATEMENTS = /```sql\n([^`]*)```/
  .exec(deployment.slice(deployment.indexOf("## Erase an organization")))![1]!
  .split(";")
  .map((statement) => statement.replaceAll("<organization>", ORGANIZATION).trim())
  .filter(Boolean);

/** Leaves rows of an organization in each table. */
async function fill(organization_id: string): Promise<void> {
  const token = await grant({ organization_id });
  const send: Send = async (method, path, body) =>
    (await call(method, path, { token, body, ...(body && { headers: { "Idempotency-Key": crypto.randomUUID() } }) }))
      .json;
  const ids = await makeExamples(send);
  const { meter_id, external_customer_id } = ids;
  const former = await call("POST", "/v1/customers/", {
    token,
    body: { email: "former@example.com", external_id: "former" },
  });
  await call("DELETE", `/v1/customers/${former.json.id}`, { token });
  for (const aggregation of [METER.aggregation, { func: "unique", property: "model" }]) {
    const body = { ...METER, aggregation, dimensions: ["model"] };
    const { id } = (await call("POST", "/v1/meters/", { token, body })).json;
    await send("POST", "/v1/customer-meters/resets", { external_customer_id, meter_id: id });
  }
  await send("POST", "/v1/customer-meters/credits", { external_customer_id, meter_id, units: 1 });
  await call("DELETE", `/v1/organization-access-tokens/${ids["organization-access-tokens"]}`, { token });
  const twice = { name: "twice", external_id: "twice", external_customer_id };
  const others = [{ name: "ai_usage", external_customer_id, metadata: { model: "large" } }];
  await send("POST", "/v1/events/ingest", { events: [twice, ...others] });
  await send("POST", "/v1/events/void", { events: [{ external_id: "twice" }], reason: "sent twice" });
  const store = openStore(env, { organizationId: organization_id, store: "d1" });
  await catchUp(store, new Budget({ statements: 500 }));
  await exportEvents(store, env.TEST_EXPORT, new Budget({}, () => Date.now() + 86_400_000));
}

/** The number of rows of each table. */
async function rowsOfTables(): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%migrations' AND name NOT GLOB '[_s]*_*'",
  ).all<{ name: string }>();
  const counts = results.map(async ({ name }) => {
    const count = await env.DB.prepare(`SELECT count(*) AS n FROM "${name}"`).first<number>("n");
    return [name, count ?? 0] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

describe.skipIf(STORE !== "d1")("The statements that erase an organization", () => {
  it("leave no row of it in any table, and every row of another one", async ({ expect }) => {
    await fill(OTHER_ORGANIZATION);
    const others = await rowsOfTables();
    expect(
      Object.keys(others).filter((table) => others[table] === 0),
      "tables that fill() leaves empty",
    ).toEqual([]);
    await fill(ORGANIZATION);
    expect(Object.values(await rowsOfTables())).toEqual(Object.values(others).map((rows) => 2 * rows));
    for (const statement of STATEMENTS) await env.DB.prepare(statement).run();
    expect(await rowsOfTables()).toEqual(others);
  });
});

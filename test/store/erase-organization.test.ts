import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import deployment from "../../docs/deployment.md?raw";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import { STORE } from "../support/stores.ts";
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
  const post = (path: string, body: object) =>
    call("POST", path, { token, body, headers: { "Idempotency-Key": path } });
  await post("/v1/customers/", { email: "ada@example.com", external_id: "c1" });
  const meters = [{ func: "count" }, { func: "unique", property: "v" }];
  for (const aggregation of meters) await call("POST", "/v1/meters/", { token, body: { ...METER, aggregation } });
  const events = [1, 2].map((v) => ({ name: "e", external_customer_id: "c1", metadata: { v } }));
  await post("/v1/events/ingest", { events });
  const [{ id: meter_id }] = (await call("GET", "/v1/meters/", { token })).json.items;
  await post("/v1/customer-meters/credits", { external_customer_id: "c1", meter_id, units: 1 });
  const created = await post("/v1/organization-access-tokens/", { comment: "c", scopes: ["meters:read"] });
  await call("DELETE", `/v1/organization-access-tokens/${created.json.organization_access_token.id}`, { token });
  await catchUp(openStore(env, { organizationId: organization_id, store: "d1" }), new Budget({ statements: 500 }));
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
    expect(Object.entries(others).filter(([, rows]) => rows === 0)).toEqual([]);
    await fill(ORGANIZATION);
    expect(Object.values(await rowsOfTables())).toEqual(Object.values(others).map((rows) => 2 * rows));
    for (const statement of STATEMENTS) await env.DB.prepare(statement).run();
    expect(await rowsOfTables()).toEqual(others);
  });
});

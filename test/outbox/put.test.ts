import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { countDeliveries, ofCustomer, putWebhookEvents } from "../../src/outbox/put.ts";
import { db } from "../../src/store/db.ts";
import { webhook_deliveries, webhook_endpoints, webhook_events } from "../../src/store/tables.ts";
import { ORGANIZATION } from "../support/organizations.ts";
import { execute, storeOf } from "../support/stores.ts";

const STATE = "customer.state_changed";

function endpoint(id: string, events: string[], enabled = 1) {
  const row = { id, organization_id: ORGANIZATION, url: "https://a.test/", secret: "", created_at: 1, leased_until: 0 };
  const values = { ...row, events: JSON.stringify(events), enabled, is_healthy: 0, failures: 0 };
  return db.insert(webhook_endpoints).values(values);
}

describe("putWebhookEvents", () => {
  it("writes events in order, each with a delivery per enabled endpoint that names its type, and once", async ({
    expect,
  }) => {
    const store = storeOf();
    const named = ["customer.created", STATE];
    await store.write([
      endpoint("both", named),
      endpoint("state", [STATE]),
      endpoint("off", named, 0),
      endpoint("none", ["alert.triggered"]),
    ]);
    const types = ["customer.created", "customer.deleted", STATE] as const;
    const [one, other] = ["c1", "c2"].map((id) => ofCustomer(types, sql`SELECT ${id} AS id`));
    const source = sql`${one} UNION ALL SELECT n + 3, type, customer_id, extra FROM (${other})`;
    const statements = putWebhookEvents(ORGANIZATION, source, 7);
    expect(countDeliveries(statements, await store.write(statements, { repeat: statements }))).toBe(6);
    expect(countDeliveries(statements, await store.write(statements))).toBe(0);
    const events = await execute(sql<any>`SELECT * FROM ${webhook_events} ORDER BY id`);
    const texts = events.map(({ type, customer_id, created_at }) => `${type} ${customer_id} ${created_at}`);
    const both = (id: string) => [`customer.created ${id} 7`, `${STATE} ${id} 7`];
    expect(texts).toEqual([...both("c1"), ...both("c2")]);
    const deliveries = await execute(
      sql<any>`SELECT endpoint_id, event_id FROM ${webhook_deliveries} ORDER BY endpoint_id, seq`,
    );
    const ids = events.map(({ id }) => id);
    expect(ids).toEqual(
      ids.map(() => expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/)),
    );
    expect(deliveries.map(({ endpoint_id, event_id }) => [endpoint_id, ids.indexOf(event_id)])).toEqual([
      ["both", 0], ["both", 1], ["both", 2], ["both", 3], ["state", 1], ["state", 3],
    ]); // prettier-ignore
  });
});

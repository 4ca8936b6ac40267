import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { call, grant, METER, OTHER_ORGANIZATION, ORGANIZATION } from "../support/api.ts";
import { runScheduled } from "../support/metering.ts";
import { execute, STORE } from "../support/stores.ts";

const DAY = 86_400_000;
const create = (token: string, key: string) =>
  call("POST", "/v1/meters/", { token, body: METER, headers: { "Idempotency-Key": key } });
const keys = async (organizationId = ORGANIZATION) =>
  (await execute(sql<{ key: string }>`SELECT key FROM idempotency_keys
    WHERE organization_id = ${organizationId} ORDER BY key`, organizationId)).map(({ key }) => key); // prettier-ignore
const age = (days: number, key: string) =>
  execute(sql`UPDATE idempotency_keys SET created_at = ${Date.now() - days * DAY} WHERE key = ${key}`);

describe("Forgetting idempotency keys", () => {
  it("deletes those that were used 30 days ago, also without any event", async ({ expect }) => {
    const token = await grant();
    for (const key of ["new", "old", "older"]) await create(token, key);
    await age(29.9, "old");
    await age(30.1, "older");
    await runScheduled();
    expect(await keys()).toEqual(["new", "old"]);
    expect((await create(token, "old")).headers.get("Idempotent-Replayed")).toBe("true");
    expect((await create(token, "older")).headers.get("Idempotent-Replayed")).toBeNull();
  });

  it("deletes a bounded number in one run, and gets to the end", async ({ expect }) => {
    await create(await grant(), "new");
    await execute(sql`INSERT INTO idempotency_keys (organization_id, key, fingerprint, answer, created_at)
      SELECT ${ORGANIZATION}, 'old ' || value, '', '{}', value FROM json_each(${JSON.stringify(Array.from({ length: 2500 }, (_, i) => i))})`); // prettier-ignore
    await runScheduled();
    // An object goes on by itself.
    if (STORE === "d1") expect(await keys()).toHaveLength(1501);
    await vi.waitFor(
      async () => {
        await runScheduled();
        expect(await keys()).toEqual(["new"]);
      },
      { timeout: 20_000 },
    );
  });

  it.runIf(STORE === "d1")("skips an organization that is being moved, which keeps no other from its turn", async ({ expect }) => {
    await create(await grant(), "mine");
    await create(await grant({ organization_id: OTHER_ORGANIZATION }), "theirs");
    await execute(sql`UPDATE idempotency_keys SET created_at = 0`);
    await execute(sql`INSERT INTO idempotency_keys (organization_id, key, fingerprint, answer, created_at)
      SELECT ${ORGANIZATION}, 'old ' || value, '', '{}', -1 FROM json_each(${JSON.stringify(Array.from({ length: 1500 }, (_, i) => i))})`); // prettier-ignore
    await execute(sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at) VALUES (${ORGANIZATION}, '', 'moving', 0)`); // prettier-ignore
    await runScheduled();
    await env.DB.prepare("DELETE FROM write_refusals").run();
    expect([(await keys()).length, await keys(OTHER_ORGANIZATION)]).toEqual([1501, []]);
  }); // prettier-ignore
});

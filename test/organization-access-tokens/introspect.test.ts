import { describe, it } from "vitest";
import { inKv, TOKENS } from "../support/access-tokens.ts";
import { call, grant, ORGANIZATION } from "../support/api.ts";
import { countRows } from "../support/stores.ts";

const PATH = `${TOKENS}introspect`;

describe("GET /v1/organization-access-tokens/introspect", () => {
  it("answers the request's own token, whatever its scope, before and after it is stored", async ({ expect }) => {
    const id = crypto.randomUUID();
    const record = { id, scopes: ["events:write"], comment: "ingestion", created_at: "2026-01-01T00:00:00.000Z" };
    const token = await grant({ ...record, expires_at: "2126-01-01T00:00:00.000Z" });
    const { status, json } = await call("GET", PATH, { token });
    expect(status).toBe(200);
    expect(json).toMatchObject({ ...record, expires_at: "2126-01-01T00:00:00.000Z", organization_id: ORGANIZATION });
    expect(json.last_used_at).toBe(null);
    // The use of the token has been noted since, in a row of its own.
    expect(await countRows("organization_access_tokens")).toBe(1);
    const again = await call("GET", PATH, { token });
    expect(again.json).toMatchObject(record);
    expect(again.json.last_used_at).not.toBe(null);
  });

  it("refuses a token that was deleted, although KV does not know that yet", async ({ expect }) => {
    const id = crypto.randomUUID();
    const token = await grant({ id });
    await call("DELETE", `${TOKENS}${id}?force=true`, { token });
    const stale = { ...(await inKv(id))!, revoked_at: null };
    const copy = await grant(stale);
    expect((await call("GET", PATH, { token: copy })).status).toBe(401);
  });
});

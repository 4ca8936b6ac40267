import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, it, vi } from "vitest";
import { openObject } from "../../src/store/object.ts";
import { call, grant, METER, ORGANIZATION } from "../support/api.ts";
import { execute, storeOf } from "../support/stores.ts";

const refuse = (reason: string, tokenId = "") =>
  execute(
    sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at) VALUES (${ORGANIZATION}, ${tokenId}, ${reason}, 0)`,
  );

describe("A refused writer", () => {
  it("gets 503 while its organization is being moved; nothing is written, and reading goes on", async ({ expect }) => {
    const token = await grant();
    const { json } = await call("POST", "/v1/meters/", { token, body: METER });
    await refuse("moving");
    const [lines, errors] = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
    const answer = await call("POST", "/v1/meters/", { token, body: METER });
    expect([answer.status, answer.headers.get("Retry-After"), answer.json.error]).toEqual([503, "5", "ServiceUnavailable"]); // prettier-ignore
    expect(lines.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([
      { level: "info", status: 503, error: "ServiceUnavailable", failure: "OrganizationMoving" },
    ]);
    expect(lines.mock.calls.join()).not.toContain("cause");
    expect(errors).not.toHaveBeenCalled();
    expect((await call("GET", `/v1/meters/${json.id}`, { token })).status).toBe(200);
    expect((await call("GET", "/v1/meters/", { token })).json.pagination.total_count).toBe(1);
  });

  it("is the token that was revoked, and no other", async ({ expect }) => {
    const tokens = await Promise.all(["a", "b"].map((id) => grant({ id })));
    await refuse("revoked", "a");
    const post = (token: string) => call("POST", "/v1/meters/", { token, body: METER });
    const [revoked, other] = [await post(tokens[0]!), await post(tokens[1]!)];
    expect([revoked.status, revoked.json.error, other.status]).toEqual([401, "invalid_token", 201]);
    expect((await call("GET", "/v1/meters/", { token: tokens[1]! })).json.pagination.total_count).toBe(1);
  });

  it("is not confused with a statement that fails in the same way", async ({ expect }) => {
    await expect(storeOf().write([sql`SELECT json('x')`])).rejects.toThrow("malformed JSON");
  });
});

describe.runIf(env.STORE === "d1")("An organization that has moved", () => {
  it("is read and written where it is now, whatever the record of a token says", async ({ expect }) => {
    const token = await grant();
    await refuse("moved");
    expect((await call("POST", "/v1/meters/", { token, body: METER })).status).toBe(201);
    expect((await call("GET", "/v1/meters/", { token })).json.pagination.total_count).toBe(1);
    const count = sql<{ n: number }>`SELECT count(*) AS n FROM meters`;
    const [[there]] = await openObject(env, ORGANIZATION).read([count]);
    expect([there!.n, await env.DB.prepare("SELECT count(*) AS n FROM meters").first("n")]).toEqual([1, 0]);
  });
});

import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { findToken, listRevoked, listTokens, putToken, revokeToken, type TokenRecord } from "../../src/auth/records.ts";
import { hashToken, newToken } from "../../src/auth/token.ts";
import { NOBODY, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";

const record = (fields: Partial<TokenRecord> = {}): TokenRecord => ({
  id: crypto.randomUUID(),
  organization_id: ORGANIZATION,
  scopes: ["meters:read"],
  expires_at: null,
  comment: "test",
  created_at: "2026-01-01T00:00:00.000Z",
  ...fields,
});

describe("The token store", () => {
  it("finds a token by its hash alone: KV never sees the token", async ({ expect }) => {
    const token = newToken();
    const stored = record();
    await putToken(env.TOKENS, token, stored);
    expect(await findToken(env.TOKENS, token)).toEqual(stored);
    expect(await findToken(env.TOKENS, newToken())).toBeNull();
    const { keys } = await env.TOKENS.list();
    const values = await Promise.all(keys.map(({ name }) => env.TOKENS.get(name)));
    expect(keys.map(({ name }) => name)).toEqual([
      `organization:${ORGANIZATION}:token:${stored.id}`,
      `token:${await hashToken(token)}`,
    ]);
    expect(JSON.stringify([keys, values])).not.toContain(token);
  });

  it("lists the tokens of one organization or of all", async ({ expect }) => {
    const [own, other] = [record(), record({ organization_id: OTHER_ORGANIZATION })];
    await putToken(env.TOKENS, newToken(), own);
    await putToken(env.TOKENS, newToken(), other);
    expect(await listTokens(env.TOKENS, ORGANIZATION)).toEqual([expect.objectContaining(own)]);
    expect(await listTokens(env.TOKENS)).toHaveLength(2);
  });

  it("revokes by writing when, keeps the first time, and knows no other id", async ({ expect }) => {
    const token = newToken();
    const { id } = record();
    await putToken(env.TOKENS, token, record({ id }));
    expect(await revokeToken(env.TOKENS, NOBODY, new Date())).toBeNull();
    await revokeToken(env.TOKENS, id, new Date("2026-02-01T00:00:00Z"));
    await revokeToken(env.TOKENS, id, new Date("2026-03-01T00:00:00Z"));
    expect(await findToken(env.TOKENS, token)).toMatchObject({ id, revoked_at: "2026-02-01T00:00:00.000Z" });
    expect(await listTokens(env.TOKENS, ORGANIZATION)).toMatchObject([{ revoked_at: "2026-02-01T00:00:00.000Z" }]);
    const revoked = await Promise.all([ORGANIZATION, OTHER_ORGANIZATION].map((each) => listRevoked(env.TOKENS, each)));
    expect(revoked).toEqual([new Set([id]), new Set()]);
  });

  it("lets KV forget a token when it expires, where KV can", async ({ expect }) => {
    const soon = new Date(Date.now() + 30_000).toISOString();
    const later = new Date(Date.now() + 3_600_000).toISOString();
    await putToken(env.TOKENS, newToken(), record({ expires_at: soon }));
    await putToken(env.TOKENS, newToken(), record({ expires_at: later, organization_id: OTHER_ORGANIZATION }));
    const { keys } = await env.TOKENS.list({ prefix: "organization:" });
    expect(keys.map(({ expiration }) => expiration)).toEqual([undefined, Math.ceil(Date.parse(later) / 1000)]);
  });
});

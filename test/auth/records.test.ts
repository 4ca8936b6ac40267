import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { findRecord, putToken, type TokenRecord } from "../../src/auth/records.ts";
import { hashToken, newToken } from "../../src/auth/token.ts";
import { ORGANIZATION } from "../support/api.ts";

const record = (fields: Partial<TokenRecord> = {}): TokenRecord => ({
  id: crypto.randomUUID(),
  organization_id: ORGANIZATION,
  scopes: ["meters:read"],
  expires_at: null,
  comment: "test",
  created_at: "2026-01-01T00:00:00.000Z",
  ...fields,
});

describe("The records of tokens in KV", () => {
  it("finds a token by its hash alone: KV never sees the token", async ({ expect }) => {
    const token = newToken();
    const stored = record();
    await putToken(env.TOKENS, token, stored);
    expect(await findRecord(env.TOKENS, token)).toEqual(stored);
    expect(await findRecord(env.TOKENS, newToken())).toBeNull();
    const { keys } = await env.TOKENS.list();
    const values = await Promise.all(keys.map(({ name }) => env.TOKENS.get(name)));
    expect(keys.map(({ name }) => name)).toEqual([`token:${await hashToken(token)}`]);
    expect(JSON.stringify([keys, values])).not.toContain(token);
  });

  it("lets KV forget a token when it expires, where KV can", async ({ expect }) => {
    const soon = new Date(Date.now() + 30_000).toISOString();
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const tokens = [newToken(), newToken()];
    for (const [i, expires_at] of [soon, later].entries()) {
      await putToken(env.TOKENS, tokens[i]!, record({ expires_at }));
    }
    const { keys } = await env.TOKENS.list({ prefix: "token:" });
    const expirations = new Set(keys.map(({ expiration }) => expiration));
    expect(expirations).toEqual(new Set([undefined, Math.ceil(Date.parse(later) / 1000)]));
  });
});

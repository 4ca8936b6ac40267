import { env } from "cloudflare:workers";
import { findRecord, putToken, type TokenRecord } from "../../src/auth/records.ts";
import { call } from "./api.ts";

/** The path of tokens. */
export const TOKENS = "/v1/organization-access-tokens/";

/** The scope that a token needs to change tokens. */
export const WRITE = "organization_access_tokens:write";

/** Creates a token over HTTP. */
export async function create(
  token: string,
  body: { scopes?: string[]; comment?: string; expires_in?: unknown } = {},
): Promise<{ id: string; token: string }> {
  const { json } = await call("POST", TOKENS, { token, body: { comment: "made", scopes: ["meters:write"], ...body } });
  return { id: json.organization_access_token.id, token: json.token };
}

/** The record in KV of the token with an id. */
export async function inKv(id: string): Promise<TokenRecord | undefined> {
  const { keys } = await env.TOKENS.list({ prefix: "token:" });
  const records = await Promise.all(keys.map(({ name }) => env.TOKENS.get<TokenRecord>(name, "json")));
  return records.find((record) => record?.id === id) ?? undefined;
}

/** Revokes a token in KV only, as if its deletion had just arrived there. */
export async function revokeInKv(token: string): Promise<void> {
  const record = await findRecord(env.TOKENS, token);
  await putToken(env.TOKENS, token, { ...record!, revoked_at: "2026-01-01T00:00:00Z" });
}

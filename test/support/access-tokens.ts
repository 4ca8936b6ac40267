import { call } from "./api.ts";

/** The path of tokens. */
export const TOKENS = "/v1/organization-access-tokens/";

/** What a token needs to change tokens. */
export const WRITE = "organization_access_tokens:write";

/** Creates a token over HTTP. */
export async function create(
  token: string,
  body: { scopes?: string[]; comment?: string; expires_in?: unknown } = {},
): Promise<{ id: string; token: string }> {
  const { json } = await call("POST", TOKENS, { token, body: { comment: "made", scopes: ["meters:write"], ...body } });
  return { id: json.organization_access_token.id, token: json.token };
}

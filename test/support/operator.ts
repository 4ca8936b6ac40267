import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";
import { putOperatorToken } from "../../src/auth/records.ts";
import { newToken } from "../../src/auth/token.ts";

/** Asks the Worker for an operation, as `npm run organization` does. */
export async function ask(path: string, body: unknown = null, token?: string) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const request = new Request(`https://example.com${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await worker.fetch(request, env, createExecutionContext());
  return { status: answer.status, json: (await answer.json()) as any };
}

/** Asks with the token of an operator. */
export async function asOperator() {
  const token = newToken();
  await putOperatorToken(env.TOKENS, token);
  return (path: string, body?: unknown) => ask(path, body, token);
}

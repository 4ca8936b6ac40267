import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";
import { type OperatorKey, putOperatorKey } from "../../src/auth/operator-keys.ts";
import { EXPORTING } from "./exporting.ts";
import { newToken } from "../../src/auth/token.ts";

/** Asks the Worker for an operation, as `npm run organization` and `npm run token` do. */
export async function ask(path: string, body: unknown = null, token?: string) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const request = new Request(`https://example.com${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await worker.fetch(request, EXPORTING, createExecutionContext());
  return { status: answer.status, json: (await answer.json()) as any };
}

/** Asks with an operator's key, for everything unless it is for less. */
export async function asOperator(allowed: OperatorKey = { organization_id: null, operation: null }) {
  const token = newToken();
  await putOperatorKey(env.TOKENS, token, allowed, 600);
  return (path: string, body?: unknown) => ask(path, body, token);
}

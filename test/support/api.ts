import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import worker from "../../src/index.ts";
import { SCOPES } from "../../src/auth/principal.ts";
import { putToken, type TokenRecord } from "../../src/auth/records.ts";
import { newToken } from "../../src/auth/token.ts";
import { createApp } from "../../src/app.ts";
import { openStore } from "../../src/store/open.ts";
import type { OpenStore } from "../../src/store/store.ts";
import { deviations } from "./conformance.ts";
import { watchFor } from "./log-watch.ts";
import { ORGANIZATION } from "./organizations.ts";
import { execute, STORE } from "./stores.ts";

export { ORGANIZATION, OTHER_ORGANIZATION } from "./organizations.ts";
/** A version 4 UUID that does not exist. */
export const NOBODY = "99999999-9999-4999-8999-999999999999";

/** The smallest body that makes a meter. */
export const METER = {
  name: "AI tokens",
  filter: { conjunction: "and", clauses: [] },
  aggregation: { func: "count" },
};

/** Makes a token with every scope, and overrides; it exists only in KV until it is used. */
export async function grant(record: Partial<TokenRecord> = {}): Promise<string> {
  const token = newToken();
  await putToken(env.TOKENS, token, {
    id: crypto.randomUUID(),
    organization_id: ORGANIZATION,
    store: STORE,
    scopes: [...SCOPES],
    expires_at: null,
    comment: "a comment of its owner",
    created_at: new Date().toISOString(),
    ...record,
  });
  watchFor([token, "a comment of its owner"]);
  return token;
}

export type Answer = { status: number; headers: Headers; text: string; json: any };

type Call = {
  token?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
  /** How stores are opened, instead of as the Worker does. */
  open?: OpenStore;
  /** Bindings besides the Worker's, or instead of them. */
  bindings?: object;
};

/** The application as the Worker has it. */
export const APP = createApp(openStore);

/** The routes of the API, without middleware. */
export const API_ROUTES = APP.routes.filter(({ method }) => method !== "ALL");

/**
 * Sends a request to the Worker as a client would. A body that is not text, bytes or a stream is sent as JSON.
 * @throws an Error when the answer does not match the API's document
 */
export async function call(
  method: string,
  path: string,
  { token, body, headers = {}, open, bindings }: Call = {},
): Promise<Answer> {
  const sent = new Headers(headers);
  const raw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  if (body !== undefined && !sent.has("Content-Type")) sent.set("Content-Type", "application/json");
  if (token !== null && token !== undefined) sent.set("Authorization", `Bearer ${token}`);
  const request = new Request(`https://edgemeter.test${path}`, {
    method,
    headers: sent,
    body: body === undefined ? null : raw ? body : JSON.stringify(body),
  });
  watchFor([token, sent.get("Idempotency-Key"), [...new URL(request.url).searchParams.values()], body]);
  // exports.default.fetch is avoided, because within a test each call takes longer than the one before.
  const context = createExecutionContext();
  const response = await (open === undefined ? worker : createApp(open)).fetch(
    request,
    { ...env, ...bindings },
    context,
  );
  const text = await response.text();
  await waitOnExecutionContext(context);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {}
  const answer = { status: response.status, headers: response.headers, text, json };
  const wrong = deviations({ method, path: new URL(request.url).pathname, ...answer });
  if (wrong.length > 0) throw new Error(`${method} ${path} ${answer.status} is not as documented: ${wrong.join("; ")}`);
  return answer;
}

/** The places and kinds of a 422's problems, in order: `body.name string_too_short`. */
export function problems(answer: Answer): string[] {
  return answer.json.detail.map((problem: any) => `${problem.loc.join(".")} ${problem.type}`);
}

/** How many meters an organization has. */
export async function storedMeters(organizationId = ORGANIZATION): Promise<number> {
  const [row] = await execute(
    sql<{ n: number }>`SELECT count(*) AS n FROM meters WHERE organization_id = ${organizationId}`,
    organizationId,
  );
  return row!.n;
}

import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import type { OpenStore } from "../../src/store/store.ts";
import { newToken } from "../../src/auth/token.ts";
import { example as customers } from "../customers/example.ts";
import { example as holds } from "../holds/example.ts";
import { example as tokens } from "../organization-access-tokens/example.ts";
import { example as webhooks } from "../webhooks/example.ts";
import { call, grant, NOBODY, ORGANIZATION } from "../support/api.ts";
import { OPERATIONS } from "../support/document.ts";
import type { Send } from "../support/example.ts";
import {
  EXAMPLES,
  idIn,
  makeExamples,
  REQUESTS,
  resourceOf,
  isOfPortal,
  tokenFor,
  unrelatedTo,
} from "../support/examples.ts";
import { conflicting, failing, stalling, undoing } from "../support/stores.ts";

/** What requests name in the document. */
const SHOWN = { meter_id: EXAMPLES["meters"]!.id, external_customer_id: "customer-1" };
/** The id of the token of the requests. */
const CALLER_ID = "3e8f2f0a-51c7-4d7e-9f0b-6a1f2c3d4e5f";
/** An event that the meter of the requests counts. */
const HELD = { name: "ai_usage", metadata: { total_tokens: 50 } };
type Asked = {
  id?: string;
  query?: object;
  body?: unknown;
  token?: string | null;
  headers?: Record<string, string>;
  open?: OpenStore;
  bindings?: object;
};

/** The time of the examples, but those of tokens. */
const NOW = "2026-01-31T12:00:00.000Z";
/** The token of a session, and what the document shows in its place. */
const SESSION_TOKEN = /em_cst_[\w-]+\.[\w-]+/g;
const WEBHOOK_SECRET = /whsec_[\w+/]+=/g;

/** The times that the document's examples show of tokens: KV takes no expiration in the past, so they are made in real time. */
const TOKEN_TIMES: Record<string, string> = {
  created_at: "2026-01-31T12:00:00.000Z",
  modified_at: "2026-01-31T12:00:00.000Z",
  expires_at: "2026-05-01T12:00:00.000Z",
  last_used_at: "2026-01-31T00:00:00.000Z",
};
const TOKEN_TIME = new RegExp(`"(${Object.keys(TOKEN_TIMES).join("|")})":"[^"]+"`, "g");

/** The answers of an operation to valid and invalid requests and while its dependencies fail: by status, then by request. */
async function record(operationId: string, method: string, path: string): Promise<Record<string, object>> {
  const organization = crypto.randomUUID();
  const token = await grant({ organization_id: organization, id: CALLER_ID, comment: "first" });
  const send: Send = async (...[asked, target, sent]) => (await call(asked, target, { token, body: sent })).json;
  const isOfTokens = operationId.startsWith("organization_access_tokens:");
  const leftOut = [...unrelatedTo(path), ...(operationId === "events:ingest" ? ["events"] : [])];
  const ids = await makeExamples(send, leftOut);
  const { query, body, bad } = REQUESTS[operationId]!(ids);
  const answers: [status: number, title: string, body: any][] = [];
  const parameter = /\{(\w+)\}/.exec(path)?.[1];
  const ask = async (
    title: string,
    { id = parameter === undefined ? "" : idIn(path, parameter, ids), ...asked }: Asked = {},
  ) => {
    const search = new URLSearchParams({ ...query, ...asked.query } as Record<string, string>).toString();
    const target = `${path.replace(/\{\w+\}/, id)}${search && `?${search}`}`;
    const { status, json } = await call(method, target, { token: tokenFor(path, token, ids), body, ...asked });
    answers.push([status, title, json ?? null]);
    return json;
  };
  const good = await ask("a valid request");
  if (operationId === "events:ingest") {
    await ask("with Prefer: return=representation", { headers: { Prefer: "return=representation" } });
  }
  if (operationId === "meters:get") await ask("the current version", { headers: { "If-None-Match": '"1"' } });
  if (/^organization_access_tokens:(update|delete)$/.test(operationId)) {
    await ask("the last one that may change tokens", { id: CALLER_ID, body: { scopes: ["meters:read"] } });
  }
  if (isOfTokens && method !== "GET") {
    const other = method === "DELETE" ? (await tokens.make(send, {})).id : ids["organization-access-tokens"]!;
    await ask("others keep changing it", { id: other, open: conflicting() });
  }
  if (/^(meters|customers):update/.test(operationId)) {
    await ask("an outdated version", { headers: { "If-Match": '"1"' } });
    const another = operationId === "meters:update" ? { name: "Tokens" } : { name: "Ada" };
    await ask("others keep changing it", { body: another, open: conflicting() });
  }
  if (/^(customer_meters:(check|consume|credit|reset)|holds:create)$/.test(operationId)) {
    await ask("others keep changing it", { open: conflicting() });
  }
  if (/^holds:(settle|release)$/.test(operationId)) {
    const { id } = await holds.make(send, ids);
    if (operationId === "holds:settle") await ask("others keep changing it", { id, open: conflicting() });
    await send("POST", `/v1/customer-meters/holds/${id}/settle`, { event: { ...HELD, external_id: "another" } });
    ids["another hold"] = id;
    await ask("a hold that was settled by another event", { id });
  }
  if (operationId === "customer_meters:consume") await ask("not enough is available", { body: { ...(body as object), minimum_balance: 5000, event: HELD } }); // prettier-ignore
  if (operationId === "holds:create") await ask("not enough is available", { body: { ...(body as object), units: 5000 } }); // prettier-ignore
  if (operationId.startsWith("customers:delete")) {
    if (path.includes("external")) {
      ids["another customer"] = (await customers.make(send, {})).id;
      await send("DELETE", `/v1/customers/${ids["another customer"]}`);
      await ask("several deleted customers had the external_id", { query: { events: "true" } });
    }
    const { id: second } = await customers.make(send, {});
    const named = path.includes("external") ? {} : { id: second };
    await ask("events are still to be erased", { ...named, query: { events: "true" }, open: stalling() });
  }
  if (operationId === "webhooks:create_webhook_endpoint") {
    for (let i = 0; i < 8; i++) await webhooks.make(send, {});
    await ask("as many as there can be");
  }
  if (/^webhooks:(test|redeliver)/.test(operationId)) {
    const endpoint = `/v1/webhooks/endpoints/${ids["webhooks"]}`;
    await send("PATCH", endpoint, { enabled: false });
    await ask("it is disabled");
    await send("PATCH", endpoint, { enabled: true });
  }
  await ask("no token", { token: null });
  await ask("an unknown token", { token: newToken() });
  if (!isOfPortal(path)) await ask("a token without the scope", { token: await grant({ scopes: [] }) });
  else {
    vi.setSystemTime("2026-01-31T14:00:00.000Z");
    await ask("an expired session");
    vi.setSystemTime(NOW);
  }
  await ask("an invalid request", bad);
  if (path.includes("{")) await ask("an unknown id", { id: NOBODY });
  if (body !== undefined) {
    await ask("a body that is not UTF-8", { body: new Uint8Array([0xff]) });
    await ask("a body that is too large", { body: "x".repeat(9_000_000) });
    await ask("a body that is not JSON", { headers: { "Content-Type": "text/csv" } });
  }
  // A token that this isolate has not seen before: what KV has of any other one is remembered.
  const another = await grant({ organization_id: isOfPortal(path) ? crypto.randomUUID() : organization });
  const sendAnother: Send = async (...[asked, target, sent]) =>
    (await call(asked, target, { token: another, body: sent })).json;
  const unseen = isOfPortal(path) ? (await makeExamples(sendAnother, unrelatedTo(path)))["session_token"]! : another;
  vi.spyOn(env.TOKENS, "get").mockRejectedValueOnce(new Error("KV is unavailable"));
  await ask("KV is unavailable", { token: unseen });
  await ask("too many requests", { bindings: { RATE_LIMITER: { limit: async () => ({ success: false }) } } });
  const isWrite = ["meters:create", "meters:update", "events:ingest"].includes(operationId);
  if (isWrite) await ask("the storage is full", { open: undoing(() => true, new Error("SQLITE_FULL")) });
  await ask("a defect", { open: failing(new Error("a defect")) });
  vi.restoreAllMocks();
  const byStatus: Record<number, Record<string, unknown>> = {};
  for (const [status, title, json] of answers) byStatus[status] = { ...byStatus[status], [title]: json };
  const shown = [
    [organization, ORGANIZATION],
    ...Object.entries(EXAMPLES).map(([resource, { id }]) => [ids[resource], id]),
    [ids["another customer"], "0f6d3c52-8a4e-4b7f-9d21-5c8e7f6a9b10"],
    // What the requests themselves have made.
    [answers[1]![2]?.events?.[0].id, EXAMPLES["events"]!.id],
    [good?.event?.id, EXAMPLES["events"]!.id],
    [good?.hold?.id, EXAMPLES["holds"]!.id],
    [ids["another hold"], EXAMPLES["holds"]!.id],
    [good?.organization_access_token?.id, EXAMPLES["organization-access-tokens"]!.id],
    [good?.token, "em_oat_00000000000000000000000000000000000003jnQlY"],
    [good?.id, EXAMPLES[resourceOf(path)]!.id],
  ];
  const [attempt] = operationId === "webhooks:list_webhook_deliveries" ? good.items : [];
  shown.push([attempt?.id, "1d8b2f64-0c93-4a7e-b5d1-8f3e6a9c2b70"]);
  if (attempt !== undefined) shown.push([JSON.parse(attempt.webhook_event.payload).data.id, EXAMPLES["customers"]!.id]);
  const answered = JSON.stringify(byStatus)
    .replaceAll(SESSION_TOKEN, "em_cst_eyJ2IjoxLCJrZXki….5Zr9bYw8Hc1k…")
    .replaceAll(WEBHOOK_SECRET, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDz8XY+6Ut7HI=");
  const text = isOfTokens
    ? answered.replaceAll(TOKEN_TIME, (_, name: string) => `"${name}":"${TOKEN_TIMES[name]}"`)
    : answered;
  return JSON.parse(shown.reduce((all, [id, instead]) => (id === undefined ? all : all.replaceAll(id, instead)), text));
}

describe("The examples of the API's document", () => {
  it("are what the Worker answers", async ({ expect }) => {
    const recorded: Record<string, object> = {};
    for (const { method, path, operation } of OPERATIONS) {
      const { operationId } = operation;
      if (operationId.startsWith("organization_access_tokens:")) vi.useRealTimers();
      else vi.setSystemTime(NOW);
      const { body: request } = REQUESTS[operationId]!(SHOWN);
      recorded[operationId] = { request, answers: await record(operationId, method, path) };
    }
    // npm run openapi writes them, and the document with them.
    await expect(`${JSON.stringify(recorded, null, 2)}\n`).toMatchFileSnapshot("examples.json");
  });
});

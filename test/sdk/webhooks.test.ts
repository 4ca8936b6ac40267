import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createPolar, webhooks } from "@polar-sh/sdk/2026-10";
import { Polar } from "polar-sdk-0";
import { validateEvent, WebhookVerificationError } from "polar-sdk-0/webhooks";
import { afterAll, beforeAll, describe, it, vi } from "vitest";
import type { Organization } from "./local.ts";
import { openShared } from "./shared.ts";

type Received = { path: string; headers: Record<string, string>; body: string; at: number };

/** The library of Standard Webhooks, which the SDK brings. */
type Library = { Webhook: new (secret: string) => { verify(body: string, headers: Record<string, string>): unknown } };
const ofSdk = createRequire(createRequire(import.meta.url).resolve("polar-sdk-0"));
const { Webhook } = ofSdk("standardwebhooks") as Library;

/** What the receiver answers at a path; at /hang it never does. */
const ANSWERS: Record<string, [status: number, headers?: Record<string, string>]> = {
  "/well": [204],
  "/fail": [500],
  "/redirect": [302, { Location: "/well" }],
  "/gone": [410],
  "/busy": [503, { "Retry-After": "7200" }],
};
const received: Received[] = [];
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => answer(request.url ?? "", request.headers, body, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});

function answer(path: string, headers: IncomingHttpHeaders, body: string, response: ServerResponse): void {
  received.push({ path, headers: headers as Record<string, string>, body, at: Date.now() });
  const [status, more] = ANSWERS[path.replace(/\?.*/, "")] ?? [];
  if (status !== undefined) response.writeHead(status, more).end(status === 204 ? undefined : "no");
}

/** The requests for an organization that have arrived at a path: its name is in the query. */
const arrived = (path: string, { organization }: Organization) =>
  received.filter((each) => each.path === `${path}?${organization}`);
const until = (check: () => unknown, timeout = 20_000) => vi.waitFor(check, { timeout, interval: 100 });

const TYPES = ["customer.created", "customer.updated", "customer.deleted", "customer.state_changed"] as const;

/** An organization of its own, and how its endpoints and customers are made. */
async function setUp() {
  const local = await openShared();
  const polar = createPolar({ accessToken: local.token, baseUrl: local.url });
  const endpoint = (path: string, events: (typeof TYPES)[number][] = ["customer.created"]) =>
    polar.webhooks.createWebhookEndpoint({ url: `${url}${path}?${local.organization}`, format: "raw", events });
  const customer = (name: string) => polar.customers.create({ email: `${name}@example.com`, name });
  return { local, polar, endpoint, customer };
}

describe("A real receiver", () => {
  it("gets what both generations of the SDK and the library of Standard Webhooks verify", async ({ expect }) => {
    const { local, polar, endpoint, customer } = await setUp();
    const { secret } = await endpoint("/well", [...TYPES]);
    const filter = { conjunction: "and" as const, clauses: [] };
    await polar.meters.create({ name: "Calls", filter, aggregation: { func: "count" } });
    const { id } = await customer("ada");
    await polar.customers.update(id, { name: "Ada Lovelace" });
    await polar.customers.delete(id);
    await until(() => expect(arrived("/well", local)).toHaveLength(6));
    for (const { body, headers } of arrived("/well", local)) {
      const sent = JSON.parse(body);
      expect(TYPES).toContain(sent.type);
      expect(sent.data).toMatchObject({ id });
      expect(await webhooks.validateEvent(body, headers, secret)).toEqual(sent);
      expect(validateEvent(body, headers, secret)).toMatchObject({ type: sent.type, data: { id } });
      expect(new Webhook(secret).verify(body, headers)).toEqual(sent);
      const changed = body.replace("example.com", "example.net");
      await expect(webhooks.validateEvent(changed, headers, secret)).rejects.toThrow("No matching signature");
      expect(() => validateEvent(changed, headers, secret)).toThrow(WebhookVerificationError);
      expect(() => new Webhook(secret).verify(changed, headers)).toThrow("No matching signature");
      const old = { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) - 600) };
      expect(() => new Webhook(secret).verify(body, old)).toThrow("too old");
    }
  });

  it("is not followed when it redirects, is asked later when it is busy, and not again when it is gone", async ({
    expect,
  }) => {
    const { local, polar, endpoint, customer } = await setUp();
    for (const path of ["/redirect", "/busy", "/gone", "/fail"]) await endpoint(path);
    await customer("ada");
    const codes = async () =>
      (await polar.webhooks.listWebhookDeliveries()).items
        .map(({ http_code }) => http_code ?? 0)
        .toSorted((a, b) => a - b);
    await until(async () => expect(await codes()).toEqual([302, 410, 500, 503]));
    expect(arrived("/well", local)).toEqual([]);
    const endpoints = (await polar.webhooks.listWebhookEndpoints()).items;
    expect(endpoints.filter(({ enabled }) => !enabled).map((each) => each.url)).toEqual([
      `${url}/gone?${local.organization}`,
    ]);
  });

  it("is reached within 5 seconds (p95) while six others hang, and so is that of another organization", async ({
    expect,
  }) => {
    const [one, other] = [await setUp(), await setUp()];
    for (let i = 0; i < 6; i++) await one.endpoint("/hang");
    for (let i = 0; i < 4; i++) await one.endpoint("/well");
    await other.endpoint("/well");
    const sentAt = new Map<string, number>();
    for (let i = 0; i < 15; i++) {
      for (const { customer } of [one, other]) {
        const start = Date.now();
        sentAt.set((await customer(`c${i}`)).id, start);
      }
    }
    await until(() => expect(arrived("/well", one.local)).toHaveLength(60), 60_000);
    await until(() => expect(arrived("/well", other.local)).toHaveLength(15));
    const late = [one, other].flatMap(({ local }) =>
      arrived("/well", local).map(({ at, body }) => at - sentAt.get(JSON.parse(body).data.id)!),
    );
    const sorted = late.toSorted((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length * 0.95)]).toBeLessThan(5000);
    expect(arrived("/hang", one.local).length).toBeGreaterThan(0);
  });
});

describe("@polar-sh/sdk 0", () => {
  it("manages endpoints, lists deliveries and sends again", async ({ expect }) => {
    const { local, customer } = await setUp();
    const polar = new Polar({ accessToken: local.token, serverURL: local.url });
    const body = {
      url: `${url}/well?${local.organization}`,
      format: "raw" as const,
      events: ["customer.created" as const],
    };
    const made = await polar.webhooks.createWebhookEndpoint(body);
    expect(made).toMatchObject({ ...body, enabled: true });
    const webhookEndpointUpdate = { name: "Billing" };
    expect(await polar.webhooks.updateWebhookEndpoint({ id: made.id, webhookEndpointUpdate })).toMatchObject({ name: "Billing" }); // prettier-ignore
    expect((await polar.webhooks.resetWebhookEndpointSecret({ id: made.id })).secret).not.toBe(made.secret);
    await customer("ada");
    await until(() => expect(arrived("/well", local)).toHaveLength(1));
    const items = async () => {
      const { result } = await polar.webhooks.listWebhookDeliveries({ succeeded: true });
      return result.items;
    };
    await until(async () => expect(await items()).toHaveLength(1));
    const [delivery] = await items();
    expect(delivery).toMatchObject({ httpCode: 204, webhookEvent: { type: "customer.created", succeeded: true } });
    await polar.webhooks.redeliverWebhookEvent({ id: delivery?.webhookEvent.id ?? "" });
    await until(() => expect(arrived("/well", local)).toHaveLength(2));
    await polar.webhooks.deleteWebhookEndpoint({ id: made.id });
    await expect(polar.webhooks.getWebhookEndpoint({ id: made.id })).rejects.toMatchObject({ statusCode: 404 });
  });
});

import { describe, it } from "vitest";
import { call, grant, NOBODY, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { receive, setUpWebhooks } from "../support/receiver.ts";

const PATH = "/v1/webhooks/endpoints";
const BODY = {
  url: "https://hooks.example.com/a?key=1",
  format: "raw",
  events: ["customer.created", "alert.triggered"],
};

describe("POST /v1/webhooks/endpoints", () => {
  it("creates an endpoint with a secret of its own", async ({ expect }) => {
    const { send } = await setUpWebhooks();
    const answer = await send("POST", PATH, { ...BODY, events: [...BODY.events, "alert.triggered"] });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      ...BODY,
      id: expect.any(String),
      created_at: expect.any(String),
      modified_at: null,
      name: null,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      organization_id: ORGANIZATION,
      enabled: true,
    });
    const other = (await send("POST", PATH, { ...BODY, name: "Other", organization_id: ORGANIZATION })).json;
    expect(other.secret).not.toBe(answer.json.secret);
    expect((await send("GET", PATH)).json.items).toEqual([answer.json, other]);
    expect((await send("GET", `${PATH}?limit=1&page=2`)).json).toEqual({ items: [other], pagination: { total_count: 2, max_page: 2 } }); // prettier-ignore
    expect((await send("GET", `${PATH}/${other.id}`)).json).toEqual(other);
  });

  it.for([
    [{ url: "http://hooks.example.com/" }, "body.url value_error"],
    [{ url: "https://169.254.169.254/latest" }, "body.url value_error"],
    [{ url: `https://a.example.com/${"a".repeat(2083)}` }, "body.url string_too_long"],
    [{ format: "slack" }, "body.format enum"],
    [{ events: ["order.paid"] }, "body.events.0 enum"],
    [{ events: "customer.created" }, "body.events list_type"],
    [{ name: 1 }, "body.name string_type"],
    [{ organization_id: OTHER_ORGANIZATION }, "body.organization_id organization_token"],
  ] as const)("answers 422 at the field: %j", async ([wrong, problem], { expect }) => {
    const { send } = await setUpWebhooks();
    const answer = await send("POST", PATH, { ...BODY, ...wrong });
    expect([answer.status, problems(answer)]).toEqual([422, [problem]]);
    if (problem.includes("events.0"))
      expect(answer.json.detail[0].msg).toContain("customer.state_changed, alert.triggered");
    expect((await send("GET", PATH)).json.items).toEqual([]);
  });

  it("takes http on the same machine where the deployment allows it", async ({ expect }) => {
    const { token } = await setUpWebhooks();
    const create = async (bindings: object) =>
      (await call("POST", PATH, { token, bindings, body: { ...BODY, url: "http://localhost:3000/a" } })).status;
    expect([await create({ WEBHOOKS_INSECURE: "local" }), await create({})]).toEqual([201, 422]);
  });

  it("answers 409 at the eleventh, also when they are created at once", async ({ expect }) => {
    const { send } = await setUpWebhooks();
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await send("POST", PATH, BODY)).status));
    expect(statuses.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 10 }, () => 201), 409, 409]);
  });
});

describe("An endpoint", () => {
  it("is changed, gets a new secret, and is deleted", async ({ expect }) => {
    const { send, endpoint } = await setUpWebhooks();
    const { id, secret } = await endpoint({ name: "A" });
    const patch = async (body: object) => (await send("PATCH", `${PATH}/${id}`, body)).json;
    const same = await patch({ url: null, format: null, events: null, enabled: null });
    expect(same).toMatchObject({ url: "https://hooks.example.com/a", name: "A", enabled: true, secret });
    const changes = { url: "https://other.example.com/", name: null, events: ["customer.deleted"], enabled: false };
    expect(await patch(changes)).toMatchObject(changes);
    const reset = (await send("PATCH", `${PATH}/${id}/secret`)).json;
    expect(reset).toMatchObject(changes);
    expect(reset.secret).not.toBe(secret);
    const refused = await send("PATCH", `${PATH}/${id}`, { url: "https://[::1]/" });
    expect([refused.status, problems(refused)]).toEqual([422, ["body.url value_error"]]);
    expect((await send("DELETE", `${PATH}/${id}`)).status).toBe(204);
    for (const [method, path, body] of [["GET", ""], ["PATCH", "", {}], ["DELETE", ""], ["PATCH", "/secret"], ["POST", "/test"]] as const)
      expect((await send(method, `${PATH}/${id}${path}`, body)).status).toBe(404); // prettier-ignore
  });

  it("needs webhooks:read to be seen, and webhooks:write to be changed", async ({ expect }) => {
    const { endpoint } = await setUpWebhooks();
    const { id } = await endpoint();
    const reader = await grant({ scopes: ["webhooks:read"] });
    const send = async (method: string, path: string, body?: object) =>
      (await call(method, path, { token: reader, body })).status;
    expect([await send("GET", PATH), await send("GET", "/v1/webhooks/deliveries")]).toEqual([200, 200]);
    expect([await send("POST", PATH, BODY), await send("POST", `${PATH}/${id}/test`)]).toEqual([403, 403]);
    expect(await send("POST", `/v1/webhooks/events/${NOBODY}/redeliver`)).toBe(403);
  });
});

describe("POST /v1/webhooks/endpoints/{id}/test", () => {
  it("sends a test once, which is listed", async ({ expect }) => {
    const received = receive(() => 500);
    const { send, endpoint, deliveries } = await setUpWebhooks();
    const { id } = await endpoint({ events: [] });
    expect((await send("POST", `${PATH}/${id}/test`)).status).toBe(202);
    expect(received).toMatchObject([{ type: "webhook.test", data: {} }]);
    const [listed] = await deliveries("&event_type=webhook.test");
    expect(listed).toMatchObject({ succeeded: false, http_code: 500, response: "no", webhook_event: { succeeded: false, type: "webhook.test" } }); // prettier-ignore
    await send("PATCH", `${PATH}/${id}`, { enabled: false });
    expect((await send("POST", `${PATH}/${id}/test`)).status).toBe(409);
    expect(received).toHaveLength(1);
  });
});

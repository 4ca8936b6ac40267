import { describe, it } from "vitest";
import { setUpPair, used } from "../support/customer-meters.ts";
import { call } from "../support/api.ts";
import { runScheduled } from "../support/metering.ts";
import { receive, setUpWebhooks } from "../support/receiver.ts";
import { losing } from "../support/stores.ts";

const STATE = "customer.state_changed";

describe("Webhooks", () => {
  it("tell an endpoint about customers after the answer, in order", async ({ expect }) => {
    const received = receive();
    const { send, endpoint, customer, deliveries } = await setUpWebhooks();
    await endpoint();
    const { id, ...created } = await customer("a@example.com", { external_id: "c1" });
    await send("PATCH", `/v1/customers/${id}`, { name: "A" });
    await send("DELETE", `/v1/customers/${id}`);
    const types = received.map(({ type }) => type);
    expect(types).toEqual(["customer.created", STATE, "customer.updated", STATE, "customer.deleted", STATE]);
    const data = received.map((each) => each.data);
    expect(data[0]).toEqual({ id, ...created });
    expect(data[1]).toMatchObject({ id, active_meters: [] });
    expect(data[2]).toMatchObject({ id, name: "A", deleted_at: null });
    expect(data[4]).toMatchObject({ id, name: "A", deleted_at: expect.any(String) });
    const listed = await deliveries();
    const ids = listed.map(({ webhook_event }: any) => webhook_event.id);
    expect(ids).toEqual(received.map((each) => each.id).toReversed());
    const webhook_event = { succeeded: true, payload: received[5]!.body, last_http_code: 204 };
    expect(listed[0]).toMatchObject({ succeeded: true, http_code: 204, webhook_event });
  });

  it("tell about credits, resets and overages, and not about events and other settlements", async ({ expect }) => {
    const received = receive();
    const { endpoint } = await setUpWebhooks();
    const set = await setUpPair(100);
    await endpoint();
    const key = { "Idempotency-Key": "k" };
    const balances = () => received.map(({ data }) => data.active_meters[0].balance);
    await set.credit({ ...set.pair, units: 5 }, key);
    await set.credit({ ...set.pair, units: 5 }, key);
    await set.credit({ ...set.pair, units: 1 });
    await set.consume({ ...set.pair, event: used(1) });
    await set.reset({ ...set.pair, rollover: true });
    expect(balances()).toEqual([105, 106, 105]);
    for (const [units, external_id] of [
      [5, "a"],
      [6, "b"],
      [7, "b"],
    ] as const) {
      const { hold } = (await set.hold({ ...set.pair, units: 5 })).json;
      await set.settle(hold.id, { ...used(units), external_id });
    }
    expect(balances()).toEqual([105, 106, 105, 94]);
    expect(new Set(received.map(({ type }) => type))).toEqual(new Set([STATE]));
  });

  it.for([true, false])("are told once when the outcome is unknown (it was stored: %s)", async (after, { expect }) => {
    const received = receive();
    const { endpoint, token } = await setUpWebhooks();
    await endpoint();
    const open = losing({ after, times: 1 });
    const answer = await call("POST", "/v1/customers/", { token, open, body: { email: "a@example.com" } });
    expect(answer.status).toBe(201);
    await runScheduled();
    expect(received.map(({ type }) => type)).toEqual(["customer.created", STATE]);
  });
});

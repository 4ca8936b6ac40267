import { describe, it } from "vitest";
import { call } from "../support/api.ts";
import { setUpPair, used } from "../support/customer-meters.ts";
import { runScheduled, withoutPauses } from "../support/metering.ts";
import { receive, setUpWebhooks } from "../support/receiver.ts";
import { STORE } from "../support/stores.ts";

const [TRIGGERED, STATE] = ["alert.triggered", "customer.state_changed"];

/** A pair with 100 credited units, and an endpoint that is told about it. */
async function setUp(events: string[]) {
  withoutPauses();
  const set = await setUpPair();
  const { endpoint } = await setUpWebhooks();
  await endpoint({ events });
  const received = receive();
  const create = async (basis: string, ...thresholds: number[]) => {
    const body = { name: "Ada's", meter_id: set.meter_id, basis, thresholds };
    const { already_reached: _, ...alert } = (await call("POST", "/v1/alerts", { token: set.token, body })).json;
    return alert;
  };
  return { ...set, received, create };
}

describe("A crossed threshold", () => {
  it("is told once with the alert, the customer and its meter, and with the state that it leaves", async ({
    expect,
  }) => {
    const { received, create, consume, use, pair, customer_id, list, state, token } = await setUp([TRIGGERED, STATE]);
    const alert = await create("balance", 0, 12.1, 50);
    await consume({ ...pair, event: used(30) });
    expect(received).toEqual([]);
    await consume({ ...pair, event: used(70) });
    await use("c1", 5);
    await runScheduled();
    expect(received.map(({ type }) => type)).toEqual([TRIGGERED, STATE]);
    const [told, changed] = received.map(({ body }) => JSON.parse(body));
    const [customer_meter] = (await list()).json.items;
    const { customer, ...rest } = told.data;
    expect(rest).toEqual({
      alert,
      thresholds: [0, 12.1, 50],
      value: 0,
      customer_meter: { ...customer_meter, consumed_units: 100, balance: 0, modified_at: expect.any(String) },
    });
    expect(customer).toEqual((await call("GET", `/v1/customers/${customer_id}`, { token })).json);
    const { active_meters, ...same } = (await state(customer_id)).json;
    expect(changed).toMatchObject({ type: STATE, data: same });
    expect(changed.data.active_meters).toMatchObject([{ balance: 0 }]);
    expect(active_meters).toMatchObject([{ balance: -5 }]);
    const { id, name } = alert;
    // Numbers have the digits that answers have.
    const summary = { id, name, thresholds: [0, 12.1, 50], value: 0 };
    expect(received[1]!.body).toContain(`"alert":${JSON.stringify(summary)}`);
  });

  it("is told after an ingestion, and not to an endpoint that names neither type", async ({ expect }) => {
    const { received, create, use } = await setUp([TRIGGERED]);
    const others = await setUpWebhooks();
    await others.endpoint({ url: "https://other.example.com/", events: ["customer.created", "customer.updated"] });
    await create("consumed_percent", 80);
    await use("c1", 79);
    await use("c1", 2);
    if (STORE === "object") await runScheduled();
    expect(received).toMatchObject([{ type: TRIGGERED, url: "https://hooks.example.com/a", data: { value: 81 } }]);
  });
});

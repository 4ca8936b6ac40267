import type { Organization } from "../sdk/local.ts";

const DAY = 86_400_000;

/** A customer with a name that is no HTML, and meters: credited and used, reset and overdrawn, never used. */
export async function seed({ url, token }: Organization, external_id: string) {
  const post = async (path: string, body: object): Promise<any> => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const response = await fetch(`${url}/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response.json();
  };
  const name = `<img src=x onerror=alert(1)> ${external_id}`;
  const { id: customer_id } = await post("customers/", { email: `${external_id}@example.com`, name, external_id });
  const meter = async (event: string, more: object) => {
    const filter = {
      conjunction: "and",
      clauses: [{ property: "name", operator: "eq", value: `${event} ${external_id}` }],
    };
    return (await post("meters/", { filter, aggregation: { func: "sum", property: "v" }, ...more })).id as string;
  };
  const tokens = await meter("tokens", { name: "AI tokens", unit: "token" });
  const calls = await meter("calls", { name: "<b>Calls</b> & more" });
  const unused = await meter("unused", { name: "Never used", unit: "custom", custom_label: "GB" });
  const use = (event: string, v: number, days: number) => ({
    name: `${event} ${external_id}`,
    external_customer_id: external_id,
    timestamp: new Date(Date.now() - days * DAY).toISOString(),
    metadata: { v },
  });
  const events = Array.from({ length: 20 }, (_, days) => use("tokens", 100 + days, days));
  await post("events/ingest", { events: [...events, use("calls", 5, 40)] });
  const enter = (path: string, meter_id: string, more = {}) =>
    post(`customer-meters/${path}`, { customer_id, meter_id, ...more });
  await enter("credits", tokens, { units: 5000 });
  await enter("resets", calls);
  await enter("credits", calls, { units: 10 });
  await post("events/ingest", { events: [use("calls", 12, 0)] });
  const session = (more: object = {}) => post("customer-sessions/", { customer_id, ...more });
  return { customer_id, tokens, calls, unused, session, post };
}

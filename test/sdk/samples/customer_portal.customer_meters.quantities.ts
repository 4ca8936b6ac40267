import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const { token: accessToken } = await polar.customerSessions.create({ external_customer_id: "customer-1" });
const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const meter = "1b671a64-40d5-491e-99b0-da01ff1f3341";
const query = new URLSearchParams({
  start_timestamp: "2026-01-01T00:00:00Z",
  end_timestamp: "2026-01-03T00:00:00Z",
  interval: "day",
});
const response = await fetch(`${url}/v1/customer-portal/meters/${meter}/quantities?${String(query)}`, {
  headers: { Authorization: `Bearer ${accessToken}` },
});
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());

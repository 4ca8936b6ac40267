import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const { token: accessToken } = await polar.customerSessions.create({ external_customer_id: "customer-1" });
const query = { sorting: ["meter_name" as const], limit: 100 };
for await (const { meter, balance } of polar.customerPortal.customerMeters.iterList(query, { accessToken })) {
  console.log(meter.name, balance);
}

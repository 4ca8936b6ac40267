import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const query = { external_customer_id: "customer-1", sorting: ["balance" as const], limit: 100 };
for await (const { meter, consumed_units, balance } of polar.customerMeters.iterList(query)) {
  console.log(meter.name, consumed_units, balance);
}

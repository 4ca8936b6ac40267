import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const state = await polar.customers.getStateExternal("customer-1");
for (const { meter_id, balance } of state.active_meters) console.log(meter_id, balance);

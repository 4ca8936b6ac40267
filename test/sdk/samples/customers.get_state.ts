import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const state = await polar.customers.getState("9b2d8c1e-5f30-4a7b-8c46-1d2e3f405162");
console.log(state.email, state.active_meters);

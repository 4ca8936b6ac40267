import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

for await (const endpoint of polar.webhooks.iterListWebhookEndpoints()) console.log(endpoint.url, endpoint.events);

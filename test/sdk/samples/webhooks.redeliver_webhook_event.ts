import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

await polar.webhooks.redeliverWebhookEvent("d2a5b8c1-7e40-4f39-8b16-0c9d3e5f7a21");
console.log("sent again");

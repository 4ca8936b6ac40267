import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

await polar.webhooks.deleteWebhookEndpoint("6c1f0d7a-3f5e-4c6b-9d20-5b7a1e8c4f92");
console.log("deleted");

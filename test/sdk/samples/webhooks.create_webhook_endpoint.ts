import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const endpoint = await polar.webhooks.createWebhookEndpoint({
  url: "https://app.example.com/webhooks",
  format: "raw",
  events: ["customer.created", "customer.state_changed"],
});
// Keep `endpoint.secret` where the receiver verifies signatures.
console.log(endpoint.id);

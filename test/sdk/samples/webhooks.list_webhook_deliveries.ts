import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const { items } = await polar.webhooks.listWebhookDeliveries({ succeeded: false });
for (const { http_code, response, webhook_event } of items) console.log(webhook_event.type, http_code, response);
console.log(items.length);

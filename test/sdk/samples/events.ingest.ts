import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const { inserted, duplicates } = await polar.events.ingest({
  events: [
    {
      name: "ai_usage",
      external_customer_id: "customer-1",
      external_id: "request-8a1f",
      metadata: { model: "large", total_tokens: 42 },
    },
  ],
});
console.log(inserted, duplicates);

import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const { items } = await polar.events.list({ name: "ai_usage", sorting: ["-timestamp"], limit: 100 });
for (const event of items) console.log(event.timestamp, event.metadata);

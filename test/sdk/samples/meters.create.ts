import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const meter = await polar.meters.create({
  name: "AI tokens",
  filter: { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "ai_usage" }] },
  aggregation: { func: "sum", property: "total_tokens" },
});
console.log(meter.id);

import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const meter = await polar.meters.update("1b671a64-40d5-491e-99b0-da01ff1f3341", { name: "Tokens of all models" });
console.log(meter.modified_at);

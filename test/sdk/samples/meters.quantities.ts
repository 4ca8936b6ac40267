import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const { quantities, total } = await polar.meters.quantities("1b671a64-40d5-491e-99b0-da01ff1f3341", {
  start_timestamp: "2026-01-01T00:00:00Z",
  end_timestamp: "2026-01-31T00:00:00Z",
  interval: "day",
});
console.log(total, quantities);

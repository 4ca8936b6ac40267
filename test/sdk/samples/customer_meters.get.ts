import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const { meter, credited_units, balance } = await polar.customerMeters.get("804a967a-1fe5-4365-95f6-c72fc05f6223");
console.log(meter.name, credited_units, balance);

import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const event = await polar.events.get("7c9e6679-7425-40de-944b-e07fc1f90ae7");
console.log(event.metadata);

import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const { items } = await polar.events.listNames({ sorting: ["-occurrences"] });
for (const { name, occurrences } of items) console.log(name, occurrences);

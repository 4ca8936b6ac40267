import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

for await (const meter of polar.meters.iterList({ is_archived: false, sorting: ["name"] })) {
  console.log(meter.name);
}

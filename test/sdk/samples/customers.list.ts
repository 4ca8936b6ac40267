import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

for await (const customer of polar.customers.iterList({ query: "example", limit: 100 })) {
  console.log(customer.email, customer.external_id);
}

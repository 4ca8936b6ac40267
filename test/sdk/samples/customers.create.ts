import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const customer = await polar.customers.create({
  email: "ada@example.com",
  name: "Ada",
  external_id: "customer-7",
});
console.log(customer.id);

import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const { token: accessToken } = await polar.customerSessions.create({ external_customer_id: "customer-1" });
const { expires_at, return_url } = await polar.customerPortal.customerSession.introspect({ accessToken });
console.log(expires_at, return_url);

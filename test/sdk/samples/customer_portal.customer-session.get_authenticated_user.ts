import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const { token: accessToken } = await polar.customerSessions.create({ external_customer_id: "customer-1" });
const user = await polar.customerPortal.customerSession.getAuthenticatedUser({ accessToken });
console.log(user.customer_id, user.email);

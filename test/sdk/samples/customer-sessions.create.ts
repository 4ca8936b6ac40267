import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({
  accessToken: process.env.EDGEMETER_TOKEN!,
  baseUrl: process.env.EDGEMETER_URL ?? "http://localhost:8787",
});

const session = await polar.customerSessions.create({
  external_customer_id: "customer-1",
  return_url: "https://app.example.com/account",
});
// Send the customer there, or hand `session.token` to the element on your own page.
console.log(session.customer_portal_url, session.expires_at);

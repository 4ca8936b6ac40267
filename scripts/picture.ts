import { mkdir } from "node:fs/promises";
import { findChromium, startChromium } from "../test/reference/browser.ts";
import { seed } from "../test/console/seed.ts";
import { startLocal } from "../test/sdk/local.ts";

// Renews the pictures of the reference page and of the console's pages.

const FOLDER = "docs/pictures";
const VIEWS = [
  { name: "light", colorScheme: "light" as const, viewport: { width: 1280, height: 860 } },
  { name: "dark-narrow", colorScheme: "dark" as const, viewport: { width: 390, height: 844 } },
];

const chromium = findChromium();
if (chromium === undefined) throw new Error("install Chromium, or name one in CHROMIUM");
const local = await startLocal();
const browser = await startChromium(chromium);
const { send, tokens, customers } = await seed(local, ["Alan Turing", "Katherine Johnson"]);
const [customer_id] = customers;
await send("POST", "customer-meters/holds", { customer_id, meter_id: tokens, units: 2500, expires_in: 3600 });
const thresholds = [145_000, 200_000];
const alert = await send("POST", "alerts", {
  name: "Heavy use",
  meter_id: tokens,
  basis: "consumed_units",
  thresholds,
});
// It answers 404, so that the deliveries show failures.
const endpoint = await send("POST", "webhooks/endpoints", { url: `${local.url}/nothing-is-here`, name: "Billing", format: "raw", events: ["customer.created"] }); // prettier-ignore
await send("POST", "customers/", { email: "mary@example.com", name: "Mary Jackson" });
await send("POST", "customer-meters/consume", { customer_id, meter_id: tokens, event: { name: "ai_usage", metadata: { total_tokens: 6000 } } }); // prettier-ignore
const { items } = await send("GET", "events/?name=ai_usage&limit=1");

const PAGES = {
  reference: "/#tag/meters/POST/v1/meters/",
  overview: "/console/",
  meters: "/console/meters",
  meter: `/console/meters/${tokens}`,
  groups: `/console/meters/${tokens}?group_by=customer`,
  "new-meter": "/console/meters/new",
  events: "/console/events",
  event: `/console/events/${items[0].id}`,
  customers: "/console/customers",
  customer: `/console/customers/${customer_id}`,
  alerts: "/console/alerts",
  alert: `/console/alerts/${alert.id}`,
  webhooks: "/console/webhooks",
  webhook: `/console/webhooks/${endpoint.id}`,
  tokens: "/console/tokens",
};

await mkdir(FOLDER, { recursive: true });
for (const { name: view, ...options } of VIEWS) {
  const context = await browser.newContext({ ...options, locale: "en-US", timezoneId: "UTC" });
  await context.addInitScript((token) => sessionStorage.setItem("edgemeter-token", token), local.token);
  for (const [name, path] of Object.entries(PAGES)) {
    const page = await context.newPage();
    await page.goto(`${local.url}${path}`, { waitUntil: "networkidle" });
    await page.screenshot({ path: `${FOLDER}/${name}-${view}.jpg`, quality: 60 });
    await page.close();
  }
}
await browser.close();
await local.stop();

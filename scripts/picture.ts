import { startLocal } from "../test/sdk/local.ts";
import { findChromium, startChromium } from "../test/reference/browser.ts";

/** Renews the README's picture of the reference page. */
const FILE = "docs/reference.png";

const chromium = findChromium();
if (chromium === undefined) throw new Error("install Chromium, or name one in CHROMIUM");
const local = await startLocal();
const browser = await startChromium(chromium);
const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
await page.goto(`${local.url}/#tag/meters/POST/v1/meters/`, { waitUntil: "networkidle" });
await page.screenshot({ path: FILE });
await browser.close();
await local.stop();

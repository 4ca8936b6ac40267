import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { findChromium, startChromium } from "../reference/browser.ts";
import type { Organization } from "../sdk/local.ts";
import { openShared } from "../sdk/shared.ts";

/** Where a Chromium is, if one is installed. */
export const executable = findChromium();
if (executable === undefined)
  process.stderr.write("The console is not tested in a browser: install Chromium, or name one in CHROMIUM.\n");

/** What a test gets: an organization of the shared server, and pages that note what goes wrong in them. */
export type Console = {
  organization: Organization;
  /** Errors of scripts, refusals of the policy, and requests to anywhere else. */
  complaints: string[];
  /** Opens an address with the token kept for the tab, so that no sign-in is shown. */
  open: (path: string, options?: BrowserContextOptions & { token?: string | null }) => Promise<Page>;
};

/** Starts a browser for the tests of a file, which share an organization. */
export function useConsole(): Console {
  let browser: Browser;
  let context: BrowserContext | undefined;
  const complaints: string[] = [];
  const shared = { complaints } as unknown as Console;
  beforeAll(async () => {
    [shared.organization, browser] = await Promise.all([openShared(), startChromium(executable!)]);
  });
  afterEach(() => context?.close());
  afterAll(() => browser?.close());
  shared.open = async (path, { token = shared.organization.token, ...options } = {}) => {
    complaints.length = 0;
    const { url } = shared.organization;
    context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      locale: "en-US",
      timezoneId: "UTC",
      ...options,
    });
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    // A refusal by the API is not an error of the page, but browsers log it as one.
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (!/^(?:blob|data):/.test(request.url()) && new URL(request.url()).origin !== url)
        complaints.push(`requests ${request.url()}`);
    });
    await page.addInitScript((kept) => {
      if (kept !== null && sessionStorage.getItem("edgemeter-token") === null)
        sessionStorage.setItem("edgemeter-token", kept);
    }, token);
    await page.goto(`${url}${path}`);
    return page;
  };
  return shared;
}

/** Waits until nothing on a page says that it is loading. */
export const settled = (page: Page) =>
  page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);

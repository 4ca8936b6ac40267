import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { findChromium, startChromium } from "../reference/browser.ts";
import type { Organization } from "../sdk/local.ts";
import { openShared } from "../sdk/shared.ts";

const DESKTOP = { width: 1280, height: 900 };

/** Where a Chromium is, if one is installed. */
export const executable = findChromium();
if (executable === undefined)
  process.stderr.write("The console is not tested in a browser: install Chromium, or name one in CHROMIUM.\n");

/** What a test gets: an organization of the shared server, and pages that note what goes wrong in them. */
export type Console = {
  organization: Organization;
  /** Errors of scripts, refusals of the policy, and requests to anywhere else. */
  complaints: string[];
  /** Opens an address with a token kept for the tab, by default the organization's; null shows the sign-in. */
  open: (path: string, token?: string | null) => Promise<Page>;
};

/** Starts a browser for the tests of a file, which share an organization, and the tab of its token: a new one takes a second. */
export function useConsole(): Console {
  let browser: Browser;
  let own: Page | undefined;
  let other: BrowserContext | undefined;
  const complaints: string[] = [];
  const shared = { complaints } as unknown as Console;
  beforeAll(async () => {
    [shared.organization, browser] = await Promise.all([openShared(), startChromium(executable!)]);
  });
  afterEach(async () => {
    await other?.close();
    other = undefined;
    for (const page of own?.context().pages() ?? []) if (page !== own) await page.close();
  });
  afterAll(() => own?.context().close());
  shared.open = async (path, token = shared.organization.token) => {
    const { url, token: usual } = shared.organization;
    let page = token === usual ? own : undefined;
    if (page === undefined) {
      page = await openTab(browser, url, token, complaints);
      if (token === usual) own = page;
      else other = page.context();
    }
    await Promise.all([page.unrouteAll(), page.setViewportSize(DESKTOP), page.emulateMedia({ colorScheme: "light" })]);
    complaints.length = 0;
    await page.goto(`${url}${path}`);
    return page;
  };
  return shared;
}

/** Opens an empty tab that has a token, and notes complaints. */
async function openTab(browser: Browser, url: string, token: string | null, complaints: string[]): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US", timezoneId: "UTC" });
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
  return page;
}

/** Waits until nothing on a page says that it is loading. */
export const settled = (page: Page) =>
  page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);

/** Waits until a page is there with what it reads. */
export async function shown(page: Page): Promise<void> {
  await page.locator("#main h1").waitFor();
  await settled(page);
}

/** Follows a link from one page of the console to another, and waits until that is shown. */
export async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate((href) => {
    document.querySelector("#main h1")?.setAttribute("data-left", "");
    const link = document.createElement("a");
    link.href = href;
    document.body.append(link);
    link.click();
    link.remove();
  }, path);
  await page.locator("#main h1:not([data-left])").waitFor();
  await settled(page);
}

/** Waits until a page is exactly as wide as the window, which has a new width, and no table in it is wider than its place. */
export async function fits(page: Page, viewport: { width: number; height: number }): Promise<void> {
  await page.setViewportSize(viewport);
  const isSo = (width: number) =>
    document.documentElement.scrollWidth === width &&
    [...document.querySelectorAll(".table")].every(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth);
  await page.waitForFunction(isSo, viewport.width, { timeout: 5000 });
}

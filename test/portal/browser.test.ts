import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { findChromium, startChromium } from "../reference/browser.ts";
import { controlsOf, misplaced, PHONE } from "../reference/layout.ts";
import type { Organization } from "../sdk/local.ts";
import { openShared } from "../sdk/shared.ts";
import { findingsInBothThemes, seriousFindings } from "./accessibility.ts";
import { seed } from "./seed.ts";

const DESKTOP = { width: 1280, height: 900 };
const RETURN = "https://app.example.com/account";
/** The browser's own: numbers and days are written as it writes them. */
const BERLIN = { locale: "de-DE", timezoneId: "Europe/Berlin" };

const executable = findChromium();
if (executable === undefined)
  process.stderr.write("The portal is not tested in a browser: install Chromium, or name one in CHROMIUM.\n");

describe.skipIf(executable === undefined)("In a browser", () => {
  let local: Organization;
  let site: Server;
  /** The same site under two names, of which only the second may frame the page. */
  let [origin, framing] = ["", ""];
  let browser: Browser;
  let tab: Page | undefined;
  let seeded: Awaited<ReturnType<typeof seed>>;
  /** What the other site's page is made of. */
  let html = "";
  /** What went wrong in a page: errors, refusals of the policy, and requests to anywhere else. */
  const complaints: string[] = [];

  beforeAll(async () => {
    site = createServer((request, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end(request.url === "/" ? html : "");
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => site.once("listening", resolve));
    const { port } = site.address() as AddressInfo;
    [origin, framing] = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
    [local, browser] = await Promise.all([openShared(), startChromium(executable!)]);
    seeded = await seed(local, "portal");
  });
  afterAll(async () => {
    site?.close();
    await tab?.context().close();
  });

  /** Opens an address in the tab of these tests, or in a new one whose browser is another in some way. */
  async function open(url: string, options?: BrowserContextOptions): Promise<Page> {
    const page = (options === undefined ? tab : undefined) ?? (await openTab(options));
    if (options === undefined) tab = page;
    await page.unrouteAll();
    // Addresses of sessions differ behind the # only, so going from one to another would load nothing.
    await page.goto("about:blank");
    complaints.length = 0;
    await page.goto(url);
    return page;
  }

  async function openTab(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: DESKTOP, locale: "en-US", timezoneId: "UTC", ...options });
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("request", (request) => {
      const { origin: to } = new URL(request.url());
      if (![local.url, origin].includes(to)) complaints.push(`requests ${request.url()}`);
    });
    return page;
  }

  /** What the API answers to the session. */
  async function ask(token: string, path: string): Promise<any> {
    const answer = await fetch(`${local.url}/v1/customer-portal/${path}`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    return answer.json();
  }

  const card = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

  describe("the page /portal/", () => {
    it("shows the balances and quantities that the API answers, and leads back", async ({ expect }) => {
      const { customer_portal_url: url, token } = await seeded.session({ return_url: RETURN });
      const page = await open(url);
      const { items } = await ask(token, "meters/?sorting=meter_name");
      const [calls, tokens, unused] = items;
      await page.getByRole("heading", { name: "Usage" }).waitFor();
      expect(await page.getByRole("link", { name: "Back to app.example.com" }).getAttribute("href")).toBe(RETURN);
      const number = (value: number) => new Intl.NumberFormat("en-US").format(value);
      const text = async (name: string) => (await card(page, name).innerText()).replaceAll(/\s+/g, " ");
      expect(await text(tokens.meter.name)).toContain(`${number(tokens.balance)} tokens left of 5,000`);
      expect(await text(calls.meter.name)).toContain(`${-calls.balance} over of 10 Used since`);
      expect(await text(calls.meter.name)).toContain(`: ${calls.consumed_units}`);
      await card(page, unused.meter.name).scrollIntoViewIfNeeded();
      await card(page, unused.meter.name).getByText("No usage in this time.").waitFor();
      expect(await text(unused.meter.name)).toContain(": 0 GB");
      const meter = card(page, tokens.meter.name).getByRole("meter", { name: "AI tokens" });
      expect(await meter.getAttribute("aria-valuenow")).toBe(String(tokens.balance));
      const month = new Date();
      const start = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth())).toISOString();
      const range = `start_timestamp=${start}&end_timestamp=${month.toISOString()}&interval=month`;
      const { total } = await ask(token, `meters/${tokens.id}/quantities?${range}`);
      expect(await text(tokens.meter.name)).toContain(`: ${number(total)} tokens`);
      expect(complaints).toEqual([]);
    });

    it("has a table that says what the chart shows, in the browser's language and time zone", async ({ expect }) => {
      const { customer_portal_url: url, token } = await seeded.session();
      const page = await open(url, BERLIN);
      const own = card(page, "AI tokens");
      await own.getByText("Table", { exact: true }).click();
      const rows = await own.getByRole("row").allInnerTexts();
      expect(rows).toHaveLength(32);
      const now = Date.now();
      const [start, end] = [now - 29 * 86_400_000, now].map((time) => new Date(time).toISOString());
      const range = `start_timestamp=${start}&end_timestamp=${end}&interval=day&timezone=Europe/Berlin`;
      const { quantities, total } = await ask(token, `meters/${seeded.tokens}/quantities?${range}`);
      const shown = rows.map((row) => row.split("\t"));
      expect(shown.at(-1)).toEqual(["Total", new Intl.NumberFormat("de-DE").format(total)]);
      const days = quantities.map(({ timestamp, quantity }: any) => [
        new Intl.DateTimeFormat("de-DE", { day: "numeric", month: "short", timeZone: "Europe/Berlin" }).format(
          new Date(timestamp),
        ),
        String(quantity),
      ]);
      expect(shown.slice(1, -1)).toEqual(days);
    });

    it("fits a phone and a wide screen, and is accessible, light and dark", async ({ expect }) => {
      const { customer_portal_url: url } = await seeded.session({ return_url: RETURN });
      const page = await open(url, { viewport: PHONE });
      const ground = () => page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
      const isDark = async () => Number(/\d+/.exec(await ground())?.[0]) < 100;
      await card(page, "Never used").scrollIntoViewIfNeeded();
      await card(page, "Never used").getByText("No usage in this time.").waitFor();
      for (const summary of await page.getByText("Table", { exact: true }).all()) await summary.click();
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(PHONE.width);
      expect(misplaced(await controlsOf(page.locator("main")))).toEqual([]);
      expect(await isDark()).toBe(false);
      expect(await findingsInBothThemes(page)).toEqual([]);
      expect(await isDark()).toBe(true);
      await page.setViewportSize(DESKTOP);
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(DESKTOP.width);
      await page.emulateMedia({ colorScheme: "light" });
      await page.goto(url.replace("#", "?theme=dark#"));
      await page.getByRole("heading", { name: "Usage" }).waitFor();
      expect(await isDark()).toBe(true);
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    it("can be used from the keyboard: arrow keys read single days, Enter opens the table", async () => {
      const { customer_portal_url: url } = await seeded.session({ return_url: RETURN });
      const page = await open(url);
      const own = card(page, "AI tokens");
      await own.getByRole("group", { name: /^AI tokens: .* tokens/ }).focus();
      await page.keyboard.press("End");
      const said = own.locator("output");
      await said.getByText(/: 100 tokens$/).waitFor();
      await page.keyboard.press("ArrowLeft");
      await said.getByText(/: 101 tokens$/).waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await own.getByRole("table", { name: "AI tokens" }).waitFor();
    });

    it("shows texts of callers as texts", async ({ expect }) => {
      const { customer_portal_url: url } = await seeded.session();
      const page = await open(url);
      await page.getByText("<img src=x onerror=alert(1)> portal").waitFor();
      await page.getByRole("heading", { name: "<b>Calls</b> & more" }).waitFor();
      expect(await page.locator("main b, main img").count()).toBe(0);
    });

    it("says that a session has ended, and leads back only where a genuine one says", async ({ expect }) => {
      const { customer_portal_url: url, token } = await seeded.session({ return_url: RETURN });
      const expired = { status: 401, json: { error: "invalid_token", return_url: RETURN } };
      const page = await open(url);
      await page.route("**/v1/customer-portal/**", (route) => route.fulfill(expired));
      await page.reload();
      await page.getByRole("heading", { name: "This session has ended" }).waitFor();
      await page.getByRole("link", { name: "Back to app.example.com" }).waitFor();
      expired.json.return_url = "javascript:alert(1)";
      await page.reload();
      await page.getByRole("heading", { name: "This session has ended" }).waitFor();
      expect(await page.getByRole("link").count()).toBe(0);
      await page.unroute("**/v1/customer-portal/**");
      await page.goto(`${local.url}/portal/#token=${token.slice(0, -4)}AAAA`);
      await page.getByRole("heading", { name: "This session has ended" }).waitFor();
      expect(await page.getByRole("link").count()).toBe(0);
    });

    it("explains that the network fails, and tries again", async ({ expect }) => {
      const { customer_portal_url: url } = await seeded.session();
      const page = await open(url);
      await page.route("**/v1/customer-portal/**", (route) => route.abort());
      await page.reload();
      await page.getByRole("alert").getByText("The server can't be reached").waitFor();
      await page.unroute("**/v1/customer-portal/**");
      await page.getByRole("button", { name: "Try again" }).click();
      await card(page, "AI tokens").waitFor();
      expect(await page.getByRole("alert").count()).toBe(0);
    });

    it("sends the token in a header only: in no address, and to no other site", async ({ expect }) => {
      const { customer_portal_url: url, token } = await seeded.session({ return_url: RETURN });
      const sent: string[] = [];
      const page = await openTab();
      page.on("request", (request) => sent.push(`${request.url()} ${request.headers()["referer"] ?? ""}`));
      await page.route("https://app.example.com/**", (route) => route.fulfill({ body: "back" }));
      await page.goto(url);
      await card(page, "AI tokens")
        .getByRole("group", { name: /^AI tokens: / })
        .waitFor();
      await page.getByRole("link", { name: "Back to app.example.com" }).click();
      await page.waitForURL(RETURN);
      expect(sent.length).toBeGreaterThan(5);
      // Chromium reports the page's own address with what is behind the #, which it does not send.
      expect(sent.filter((each) => each.replace(url, "").includes(token))).toEqual([]);
      expect(sent.filter((each) => each.startsWith(RETURN) && each.includes(local.url))).toEqual([]);
      await page.context().close();
    });

    it("is framed only where PORTAL_FRAME_ANCESTORS says", async ({ expect }) => {
      const { customer_portal_url: url } = await seeded.session();
      html = `<iframe src="${url}"></iframe>`;
      const page = await open(origin);
      await expect.poll(() => complaints.join()).toContain("frame-ancestors http://localhost:*");
      await page.goto(framing);
      await page.frameLocator("iframe").getByRole("heading", { name: "Usage" }).waitFor();
    });
  });

  describe("the element <edgemeter-usage>", () => {
    const SCRIPT = () => `<!doctype html><html lang="en"><script type="module" src="${local.url}/usage.js"></script>`;
    const usage = (page: Page) => page.locator("edgemeter-usage");

    it("shows a meter on a page of another origin, whose policy allows this one alone", async ({ expect }) => {
      const { token } = await seeded.session();
      const policy = `default-src 'none'; script-src ${local.url}; connect-src ${local.url}`;
      html = `${SCRIPT()}<meta http-equiv="Content-Security-Policy" content="${policy}"><edgemeter-usage meter="${seeded.tokens}" token="${token}"></edgemeter-usage>`;
      const page = await open(origin);
      const total = Array.from({ length: 20 }, (_, days) => 100 + days).reduce((sum, v) => sum + v, 0);
      await usage(page)
        .getByText(`${new Intl.NumberFormat("en-US").format(total)} tokens`)
        .waitFor();
      expect(await usage(page).locator("rect").count()).toBe(30);
      expect(await seriousFindings(page, "edgemeter-usage")).toEqual([]);
      expect(complaints).toEqual([]);
    });

    it("takes interval and range, and draws anew when they change", async ({ expect }) => {
      const { token } = await seeded.session();
      html = `${SCRIPT()}<edgemeter-usage meter="${seeded.tokens}" token="${token}" range="P7D"></edgemeter-usage>`;
      const page = await open(origin);
      const rects = async (attributes: Record<string, string>, count: number) => {
        await usage(page).evaluate(
          (element, all) => Object.entries(all).forEach(([name, value]) => element.setAttribute(name, value)),
          attributes,
        );
        await page.waitForFunction(
          (n) => document.querySelector("edgemeter-usage")!.shadowRoot!.querySelectorAll("rect").length === n,
          count,
        );
      };
      await rects({}, 7);
      await rects({ interval: "hour", range: "PT24H" }, 24);
      await rects({ interval: "month", range: "2026-01-15T00:00:00Z/2026-03-15T00:00:00Z" }, 0);
      await usage(page).getByText("No usage in this time.").waitFor();
      await usage(page).evaluate((element) => element.setAttribute("range", "soon"));
      await usage(page).getByRole("alert").getByText("range should be a duration").waitFor();
      expect(complaints).toEqual([]);
    });

    it("renews a token that has expired, by the property getToken or by the event", async () => {
      const { token } = await seeded.session();
      for (const script of [
        `document.querySelector("edgemeter-usage").getToken = async () => "${token}"`,
        `document.addEventListener("edgemeter-token", ({ target }) => setTimeout(() => target.setAttribute("token", "${token}"), 200))`,
        `document.addEventListener("edgemeter-token", ({ target }) => target.setAttribute("token", "${token}"))`,
      ]) {
        html = `<!doctype html><html lang="en"><edgemeter-usage meter="${seeded.tokens}" token="${token.slice(0, -4)}AAAA"></edgemeter-usage><script>${script}</script>${SCRIPT()}`;
        const page = await open(origin);
        await usage(page).getByText("2,190 tokens").waitFor();
      }
    });

    it("says that the session has ended when nobody renews it, and asks no further", async ({ expect }) => {
      html = `<!doctype html><html lang="en"><edgemeter-usage meter="${seeded.tokens}"></edgemeter-usage><script>var asked = 0; document.querySelector("edgemeter-usage").getToken = async () => (asked++, "em_cst_x")</script>${SCRIPT()}`;
      const page = await open(origin);
      await usage(page).getByRole("alert").getByText("The session has ended.").waitFor();
      expect(await page.evaluate("asked")).toBe(2);
      await usage(page).getByRole("button", { name: "Try again" }).waitFor();
    });

    it("explains that the network fails, that there is no such meter, and tries again", async ({ expect }) => {
      const { token } = await seeded.session();
      html = `${SCRIPT()}<edgemeter-usage meter="${seeded.tokens}" token="${token}"></edgemeter-usage>`;
      const page = await open(origin);
      await page.route("**/v1/**", (route) => route.abort());
      await page.reload();
      await usage(page).getByRole("alert").getByText("can't be reached").waitFor();
      await page.unroute("**/v1/**");
      await usage(page).getByRole("button", { name: "Try again" }).click();
      await usage(page).getByText("2,190 tokens").waitFor();
      await usage(page).evaluate((element) => element.setAttribute("meter", "99999999-9999-4999-8999-999999999999"));
      await usage(page).getByText("There is no such meter.").waitFor();
      expect(await usage(page).getByRole("group").count()).toBe(0);
    });

    it("is styled from outside by properties and parts", async ({ expect }) => {
      const { token } = await seeded.session();
      html = `<!doctype html><html lang="en"><style>edgemeter-usage { --edgemeter-accent: rgb(1, 2, 3) } edgemeter-usage::part(name) { color: rgb(4, 5, 6) }</style><edgemeter-usage meter="${seeded.tokens}" token="${token}"></edgemeter-usage>${SCRIPT()}`;
      const page = await open(origin);
      await usage(page).getByText("2,190 tokens").waitFor();
      const fill = await usage(page)
        .locator("rect")
        .first()
        .evaluate((bar) => getComputedStyle(bar).fill);
      const color = await usage(page)
        .getByText("AI tokens")
        .first()
        .evaluate((name) => getComputedStyle(name).color);
      expect([fill, color]).toEqual(["rgb(1, 2, 3)", "rgb(4, 5, 6)"]);
    });
  });

  it("shows the element on the demo page, to whoever has a session", async ({ expect }) => {
    const { token } = await seeded.session();
    const page = await open(`${local.url}/portal/demo/`);
    await page.getByLabel("Session token").fill(token);
    await page.getByText("2,190 tokens").waitFor();
    await page.getByText(`<edgemeter-usage meter="${seeded.tokens}">`).waitFor();
    expect(complaints).toEqual([]);
  });
});

import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterEach, beforeAll, describe, type ExpectStatic, it } from "vitest";
import type { Organization } from "../sdk/local.ts";
import { openShared } from "../sdk/shared.ts";
import { findChromium, startChromium } from "./browser.ts";
import { controlsOf, isOnTop, misplaced, PHONE } from "./layout.ts";

const DESKTOP = { width: 1280, height: 900 };

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write("The reference page is not tested in a browser: install Chromium, or name one in CHROMIUM.\n");
}

let local: Organization;
beforeAll(async () => {
  local = await openShared();
});

describe.skipIf(executable === undefined)("The reference page in a browser", () => {
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    browser = await startChromium(executable!);
  });
  afterEach(() => context.close());

  /** What went wrong in a page: errors, refusals of the policy, and requests to anywhere else. */
  const complaints: string[] = [];

  /** Opens the page, at an operation where its address is given. */
  async function open(options: BrowserContextOptions, hash = ""): Promise<Page> {
    complaints.length = 0;
    context = await browser.newContext(options);
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(local.url) && !/^(data|blob):/.test(url)) complaints.push(`requests ${url}`);
    });
    await page.goto(`${local.url}/${hash}`);
    return page;
  }

  const operation = (page: Page, path: string) => page.locator(`section[id$="${path}"]`);
  const tokenField = (section: Locator) => section.getByLabel("Access token");
  const send = (section: Locator) => section.getByRole("button", { name: "Send" }).click();
  const answer = (section: Locator) => section.getByRole("status");

  /** Checks that an answer is where a user sees it. */
  async function expectInView(section: Locator, expect: ExpectStatic): Promise<void> {
    for (const part of [answer(section).getByText("201 Created"), answer(section)]) {
      const { y, height } = (await part.boundingBox())!;
      expect(y).toBeGreaterThan(0);
      expect(y + height).toBeLessThanOrEqual(section.page().viewportSize()!.height);
      expect(await part.evaluate(isOnTop)).toBe(true);
    }
  }

  it("creates a meter: finds Create Meter, takes the token, sends the example and has 201 with the meter in view", async ({
    expect,
  }) => {
    const page = await open({ viewport: DESKTOP });
    await page.getByRole("link", { name: "Create Meter POST" }).click();
    const section = operation(page, "POST/v1/meters/");
    await tokenField(section).fill(local.token);
    const [response] = await Promise.all([
      page.waitForResponse((each) => each.url() === `${local.url}/v1/meters/`),
      send(section),
    ]);
    expect(response.status()).toBe(201);
    await answer(section).getByText("201 Created").waitFor();
    await expectInView(section, expect);
    const meter = (await response.json()) as { id: string };
    expect(await answer(section).textContent()).toContain(meter.id);
    expect(await answer(section).textContent()).toContain('etag: "1"');
    const headers = { Authorization: `Bearer ${local.token}` };
    const stored = await fetch(`${local.url}/v1/meters/${meter.id}`, { headers });
    expect(await stored.json()).toEqual(meter);
    expect(complaints).toEqual([]);
  });

  it("sends what is asked for, with ids of earlier answers; takes the token once, and keeps it nowhere but in memory", async ({
    expect,
  }) => {
    const page = await open({ viewport: DESKTOP });
    const list = operation(page, "GET/v1/meters/");
    const quantities = operation(page, "GET/v1/meters/{id}/quantities");
    const resets = operation(page, "POST/v1/customer-meters/resets");
    await tokenField(list).fill(local.token);
    for (const section of [operation(page, "POST/v1/meters/"), list]) {
      await send(section);
      await answer(section).getByText(/^20/).waitFor();
      const [, id] = /"id": "(.+)"/.exec((await answer(section).textContent()) ?? "") ?? [];
      expect(await quantities.getByLabel("id", { exact: true }).inputValue()).toBe(id);
      expect(JSON.parse(await resets.getByLabel("Body").inputValue())).toMatchObject({ meter_id: id });
    }
    await send(quantities);
    await answer(quantities).getByText("200 OK").waitFor();
    const events = operation(page, "GET/v1/events/");
    await events.getByText("Optional parameters").click();
    await events.getByLabel("name", { exact: true }).fill("a&b\nc");
    await events.getByLabel("metadata").fill("plan=pro=1\nn=2");
    const [request] = await Promise.all([page.waitForRequest(/\/v1\/events/), send(events)]);
    expect([...new URL(request.url()).searchParams]).toEqual([
      ["name", "a&b"],
      ["name", "c"],
      ["metadata[plan]", "pro=1"],
      ["metadata[n]", "2"],
    ]);
    await answer(events).getByText("200 OK").waitFor();
    expect(complaints).toEqual([]);
    const kept = await page.evaluate<string>(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
    );
    expect(kept).not.toContain(local.token);
    await page.reload();
    expect(await tokenField(list).inputValue()).toBe("");
  });

  it("names every control, shows the SDK's call beside curl and no other client, and follows the system's colors", async ({
    expect,
  }) => {
    const page = await open({ viewport: DESKTOP }, "#tag/meters/POST/v1/meters/");
    const clients = await page
      .locator(".operation")
      .evaluateAll((all) =>
        all.map((each) => [...each.querySelectorAll(".request > details > summary")].map((part) => part.textContent)),
      );
    expect(clients.length).toBeGreaterThan(30);
    for (const each of clients) expect(each).toEqual(["curl", expect.stringMatching(/^(Polar SDK|fetch)$/)]);
    const section = operation(page, "POST/v1/meters/");
    await section.getByText("Polar SDK").click();
    await section.getByText("createPolar").first().waitFor();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await section.getByRole("button", { name: "Copy" }).click();
    await section.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toMatch(/^import \{ createPolar \}/);
    const session = await context.newCDPSession(page);
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const controls = nodes.filter(({ ignored, role }) => !ignored && /^(button|textbox|combobox)$/.test(role?.value));
    expect(controls.length).toBeGreaterThan(100);
    expect(controls.filter(({ name }) => !name?.value)).toEqual([]);
    const background = async (colorScheme: "light" | "dark") => {
      await page.emulateMedia({ colorScheme });
      const color = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      return Number(/\d+/.exec(color)?.[0]);
    };
    expect(await background("light")).toBeGreaterThan(200);
    expect(await background("dark")).toBeLessThan(50);
    expect(complaints).toEqual([]);
  });

  it("can be used from the keyboard: Tab reaches Create Meter, Enter opens it", async ({ expect }) => {
    const page = await open({ viewport: DESKTOP });
    const focused = () => page.evaluate<string>("document.activeElement.textContent.trim()");
    for (let presses = 0; presses < 100 && !(await focused()).startsWith("Create Meter"); presses++) {
      await page.keyboard.press("Tab");
    }
    expect(await focused()).toMatch(/^Create Meter/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/POST\/v1\/meters/);
    const section = operation(page, "POST/v1/meters/");
    await section.getByRole("heading", { name: "Create Meter" }).waitFor();
    // Following a link also moves where Tab goes on: to the form, in which Enter sends.
    for (let presses = 0; presses < 10 && (await focusedLabel(page)) !== "Access token"; presses++) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.type(local.token);
    await page.keyboard.press("Enter");
    await answer(section).getByText("201 Created").waitFor();
  });

  const ON_PHONE = { viewport: PHONE, isMobile: true, hasTouch: true };

  it.for([{ viewport: DESKTOP }, ON_PHONE])("can be read without its script: %j", async (options, { expect }) => {
    const page = await open({ ...options, javaScriptEnabled: false });
    await page.getByRole("heading", { name: "Edgemeter" }).waitFor();
    const menu = page.getByRole("button", { name: "Menu" });
    if (options === ON_PHONE) await menu.click();
    await page.getByRole("link", { name: "Create Meter POST" }).click();
    if (options === ON_PHONE) await menu.click();
    const section = operation(page, "POST/v1/meters/");
    await section.getByText("curl", { exact: true }).waitFor();
    await section.getByText("Polar SDK").click();
    await section.getByText("createPolar").first().waitFor();
    // What needs the script is not shown.
    expect(await section.getByRole("button").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("fits a phone: its menu leads to an operation, whose answer is in view, and no control lies outside the screen or over another", async ({
    expect,
  }) => {
    const page = await open(ON_PHONE);
    const link = page.getByRole("link", { name: "Create Meter POST" });
    expect(await link.isVisible()).toBe(false);
    await page.getByRole("button", { name: "Menu" }).click();
    expect(misplaced(await controlsOf(page.locator("nav")))).toEqual([]);
    await link.click();
    const section = operation(page, "POST/v1/meters/");
    await section.getByRole("heading", { name: "Create Meter" }).waitFor();
    expect(await link.isVisible()).toBe(false);
    await tokenField(section).fill(local.token);
    await send(section);
    await answer(section).getByText("201 Created").waitFor();
    await expectInView(section, expect);
    await page.evaluate("for (const part of document.querySelectorAll('details:not([name])')) part.open = true");
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(PHONE.width);
    const sections = await page.locator("section").all();
    expect(sections.length).toBeGreaterThan(30);
    for (const each of sections) expect(misplaced(await controlsOf(each))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

/** The label of the field that has the focus. */
function focusedLabel(page: Page): Promise<string> {
  return page.evaluate<string>("document.activeElement.labels?.[0]?.textContent ?? ''");
}

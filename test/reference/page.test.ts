import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, it } from "vitest";
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
  afterAll(() => browser.close());

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

  it("creates a meter: finds Create Meter, takes the token, sends the example and shows 201 with the meter", async ({
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
    const meter = (await response.json()) as { id: string };
    expect(await answer(section).textContent()).toContain(meter.id);
    expect(await answer(section).textContent()).toContain('etag: "1"');
    const headers = { Authorization: `Bearer ${local.token}` };
    const stored = await fetch(`${local.url}/v1/meters/${meter.id}`, { headers });
    expect(await stored.json()).toEqual(meter);
    expect(complaints).toEqual([]);
  });

  it("sends the id of the meter that was just created or listed, and takes the token once", async ({ expect }) => {
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
    expect(complaints).toEqual([]);
  });

  it("sends optional parameters, lists and metadata as the API reads them", async ({ expect }) => {
    const page = await open({ viewport: DESKTOP });
    const section = operation(page, "GET/v1/events/");
    await tokenField(section).fill(local.token);
    await section.getByText("Optional parameters").click();
    await section.getByLabel("name", { exact: true }).fill("a&b\nc");
    await section.getByLabel("metadata").fill("plan=pro=1\nn=2");
    const [request] = await Promise.all([page.waitForRequest(/\/v1\/events/), send(section)]);
    expect([...new URL(request.url()).searchParams]).toEqual([
      ["name", "a&b"],
      ["name", "c"],
      ["metadata[plan]", "pro=1"],
      ["metadata[n]", "2"],
    ]);
    await answer(section).getByText("200 OK").waitFor();
  });

  it("keeps a token nowhere but in memory", async ({ expect }) => {
    const page = await open({ viewport: DESKTOP });
    const field = tokenField(operation(page, "POST/v1/meters/"));
    await field.fill(local.token);
    await page.waitForTimeout(1000);
    const kept = await page.evaluate<string>(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
    );
    expect(kept).not.toContain(local.token);
    await page.reload();
    expect(await field.inputValue()).toBe("");
  });

  it("shows the SDK's call beside curl, and no other client", async ({ expect }) => {
    const page = await open({ viewport: DESKTOP }, "#tag/meters/POST/v1/meters/");
    for (const section of await page.locator(".operation").all()) {
      const clients = await section.locator(".request > details > summary").allTextContents();
      expect(clients).toEqual(["curl", expect.stringMatching(/^(Polar SDK|fetch)$/)]);
    }
    const section = operation(page, "POST/v1/meters/");
    await section.getByText("Polar SDK").click();
    await section.getByText("createPolar").first().waitFor();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await section.getByRole("button", { name: "Copy" }).click();
    await section.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toMatch(/^import \{ createPolar \}/);
    expect(complaints).toEqual([]);
  });

  it("follows the color scheme of the system", async ({ expect }) => {
    const backgrounds: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await open({ viewport: DESKTOP, colorScheme });
      backgrounds.push(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
      if (colorScheme === "light") await context.close();
    }
    const [light, dark] = backgrounds.map((color) => Number(/\d+/.exec(color)?.[0]));
    expect(light).toBeGreaterThan(200);
    expect(dark).toBeLessThan(50);
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

  it("opens its menu on a phone, and closes it at the operation", async ({ expect }) => {
    const page = await open(ON_PHONE);
    const link = page.getByRole("link", { name: "Create Meter POST" });
    expect(await link.isVisible()).toBe(false);
    await page.getByRole("button", { name: "Menu" }).click();
    expect(misplaced(await controlsOf(page.locator("nav")))).toEqual([]);
    await link.click();
    await operation(page, "POST/v1/meters/").getByRole("heading", { name: "Create Meter" }).waitFor();
    expect(await link.isVisible()).toBe(false);
  });

  it.for([DESKTOP, PHONE])("has the answer in view after Send, $width pixels wide", async (viewport, { expect }) => {
    const page = await open(viewport === PHONE ? ON_PHONE : { viewport }, "#tag/meters/POST/v1/meters/");
    const section = operation(page, "POST/v1/meters/");
    await tokenField(section).fill(local.token);
    await send(section);
    const status = answer(section).getByText("201 Created");
    await status.waitFor();
    for (const part of [status, answer(section)]) {
      const { y, height } = (await part.boundingBox())!;
      expect(y).toBeGreaterThan(0);
      expect(y + height).toBeLessThanOrEqual(viewport.height);
      expect(await part.evaluate(isOnTop)).toBe(true);
    }
    expect(complaints).toEqual([]);
  });

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

  it("gives every button a name, and every field a label", async ({ expect }) => {
    const page = await open({ viewport: DESKTOP });
    const session = await context.newCDPSession(page);
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const controls = nodes.filter(({ ignored, role }) => !ignored && /^(button|textbox|combobox)$/.test(role?.value));
    expect(controls.length).toBeGreaterThan(100);
    expect(controls.filter(({ name }) => !name?.value)).toEqual([]);
  });

  it("fits a phone: no control lies outside the screen or over another", async ({ expect }) => {
    const page = await open(ON_PHONE);
    await page.evaluate("for (const part of document.querySelectorAll('details:not([name])')) part.open = true");
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(PHONE.width);
    const sections = await page.locator("section").all();
    expect(sections.length).toBeGreaterThan(30);
    for (const section of sections) expect(misplaced(await controlsOf(section))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

/** The label of the field that has the focus. */
function focusedLabel(page: Page): Promise<string> {
  return page.evaluate<string>("document.activeElement.labels?.[0]?.textContent ?? ''");
}

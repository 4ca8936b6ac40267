import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, it } from "vitest";
import { type Local, startLocal } from "../sdk/local.ts";
import { findChromium, startChromium } from "./browser.ts";

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write("The reference page is not tested in a browser: install Chromium, or name one in CHROMIUM.\n");
}

let local: Local;
beforeAll(async () => {
  local = await startLocal();
});
afterAll(() => local?.stop());

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
    await page.goto(`${local.url}/${hash}`, { waitUntil: "networkidle" });
    return page;
  }

  const tokenField = (page: Page) => page.getByLabel("Bearer Token").first();
  const operation = (page: Page, path: string) => page.locator(`section[id$="${path}"]`);
  const openRequest = async (section: Locator) => {
    await section.getByRole("button", { name: /Test Request/ }).click();
    const dialog = section.page().getByRole("dialog");
    await dialog.getByRole("button", { name: /^Send (get|post|patch) request/ }).waitFor();
    return dialog;
  };

  it("creates a meter: finds Create Meter, takes the token, sends the example and shows 201 with the meter", async ({
    expect,
  }) => {
    const page = await open({ viewport: DESKTOP });
    await tokenField(page).fill(local.token);
    await page.getByRole("link", { name: /Create Meter HTTP Method/ }).click();
    const section = operation(page, "POST/v1/meters/");
    expect(await section.textContent()).toContain("curl");
    const client = await openRequest(section);
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url() === `${local.url}/v1/meters/`),
      client.getByRole("button", { name: /^Send post request/ }).click(),
    ]);
    expect(answer.status()).toBe(201);
    await client.getByText("201 Created").waitFor();
    const meter = (await answer.json()) as { id: string };
    await client.getByText(meter.id).first().waitFor();
    const headers = { Authorization: `Bearer ${local.token}` };
    const stored = await fetch(`${local.url}/v1/meters/${meter.id}`, { headers });
    expect(await stored.json()).toEqual(meter);
    expect(complaints).toEqual([]);
  });

  it("keeps a token nowhere but in memory", async ({ expect }) => {
    const page = await open({ viewport: DESKTOP });
    await tokenField(page).fill(local.token);
    await page.waitForTimeout(1000);
    const kept = await page.evaluate<string>(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
    );
    expect(kept).not.toContain(local.token);
    await page.reload({ waitUntil: "networkidle" });
    expect(await tokenField(page).inputValue()).toBe("");
  });

  it("shows the SDK's call beside curl, and no other client", async ({ expect }) => {
    const page = await open({ viewport: DESKTOP }, "#tag/meters/POST/v1/meters/");
    const section = operation(page, "POST/v1/meters/");
    await section.getByRole("button", { name: /Curl/ }).click();
    const options = page.getByRole("option");
    await options.first().waitFor();
    expect((await options.allTextContents()).map((text) => text.trim())).toEqual(["Polar SDK", "Curl"]);
    await page.getByRole("option", { name: "Polar SDK" }).click();
    await section.getByText("createPolar").first().waitFor();
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
    await page.getByRole("link", { name: /Create Meter HTTP Method/ }).waitFor();
    for (let presses = 0; presses < 100 && !(await focused()).startsWith("Create Meter"); presses++) {
      await page.keyboard.press("Tab");
    }
    expect(await focused()).toMatch(/^Create Meter/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/POST\/v1\/meters/);
    await operation(page, "POST/v1/meters/").getByRole("heading", { name: "Create Meter" }).waitFor();
  });

  const ON_PHONE = { viewport: PHONE, isMobile: true, hasTouch: true };

  it("opens its menu on a phone", async () => {
    const page = await open(ON_PHONE);
    await page.getByRole("button", { name: /menu/i }).first().click();
    await page.getByRole("link", { name: /Create Meter HTTP Method/ }).click();
    await operation(page, "POST/v1/meters/").getByRole("heading", { name: "Create Meter" }).waitFor();
  });

  it.for([DESKTOP, PHONE])("has the answer in view after Send, $width pixels wide", async (viewport, { expect }) => {
    const page = await open(viewport === PHONE ? ON_PHONE : { viewport });
    await tokenField(page).fill(local.token);
    await page.goto(`${local.url}/#tag/meters/POST/v1/meters/`);
    const dialog = await openRequest(operation(page, "POST/v1/meters/"));
    await dialog.getByRole("button", { name: /^Send post request/ }).click();
    const status = dialog.getByText("201 Created");
    await status.waitFor();
    await page.waitForTimeout(1000);
    const { y } = (await status.boundingBox())!;
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(viewport.height / 2);
    expect(await status.evaluate(isOnTop)).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("shows an introduction and the operations before the renderer runs, and replaces them", async ({ expect }) => {
    context = await browser.newContext({ viewport: DESKTOP });
    const page = await context.newPage();
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/static/renderer.*.js", async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(local.url, { waitUntil: "commit" });
    await page.getByRole("heading", { name: "Edgemeter" }).waitFor();
    await page.getByRole("link", { name: /Create Meter POST/ }).waitFor();
    release();
    await page.locator("#plain").waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "Edgemeter" }).waitFor();
    expect(await page.getByRole("heading", { name: "Edgemeter" }).count()).toBe(1);
  });

  it("gives every button a name", async ({ expect }) => {
    const page = await open({ viewport: DESKTOP }, "#tag/meters/POST/v1/meters/");
    const dialog = await openRequest(operation(page, "POST/v1/meters/"));
    await dialog.getByText("Code Snippet").waitFor();
    const session = await context.newCDPSession(page);
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const buttons = nodes.filter(({ ignored, role }) => !ignored && role?.value === "button");
    expect(buttons.length).toBeGreaterThan(10);
    expect(buttons.filter(({ name }) => !name?.value)).toEqual([]);
  });

  it.for(["meters/POST/v1/meters/", "meters/GET/v1/meters/{id}/quantities", "events/POST/v1/events/ingest"])(
    "fits a phone at %s: no control lies outside the screen or over another",
    async (path, { expect }) => {
      const page = await open(ON_PHONE, `#tag/${path}`);
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(PHONE.width);
      expect(misplaced(await controlsOf(page.locator("main")))).toEqual([]);
      const dialog = await openRequest(operation(page, path.slice(path.indexOf("/") + 1)));
      expect(misplaced(await controlsOf(dialog))).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );
});

/** Whether an element is what a user sees in its place. */
function isOnTop(element: Element): boolean {
  const { x, y, width, height } = element.getBoundingClientRect();
  return element.contains(element.ownerDocument.elementFromPoint(x + width / 2, y + height / 2));
}

type Control = { says: string; x: number; y: number; width: number; height: number };

/** The controls that a user sees in a part of a page, and where they are. */
function controlsOf(part: Locator): Promise<Control[]> {
  return part.evaluate((root) =>
    [...root.querySelectorAll("button, input, a")]
      .filter((control) => control.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
      .map((control) => ({ says: control.textContent, box: control.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && box.height > 0)
      .map(({ says, box: { x, y, width, height } }) => ({ says, x, y, width, height })),
  );
}

/** The controls that lie outside a phone's screen, or over one another. */
function misplaced(controls: Control[]): string[] {
  const outside = controls.filter(({ x, width }) => x < -1 || x + width > PHONE.width + 1);
  const meet = (a: Control, b: Control) =>
    a.x + 1 < b.x + b.width && b.x + 1 < a.x + a.width && a.y + 1 < b.y + b.height && b.y + 1 < a.y + a.height;
  const pairs = controls.flatMap((a, i) => controls.slice(i + 1).map((b) => [a, b] as const));
  return [
    ...outside.map(({ says }) => `${says} is outside`),
    ...pairs.filter(([a, b]) => meet(a, b)).map(([a, b]) => `${a.says} lies over ${b.says}`),
  ];
}

import type { BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, it } from "vitest";
import { type Local, startLocal } from "../sdk/local.ts";
import { findChromium, startChromium } from "./browser.ts";

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write("The reference page is not tried in a browser: install Chromium, or name one in CHROMIUM.\n");
}

let local: Local;
beforeAll(async () => {
  local = await startLocal();
});
afterAll(() => local.stop());

describe("GET /", () => {
  it("serves the reference page with a policy that lets it load nothing from elsewhere", async ({ expect }) => {
    const answer = await fetch(local.url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
    const policy = answer.headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    for (const [, file] of (await answer.text()).matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(file).toMatch(/^\//);
      expect((await fetch(local.url + file)).status).toBe(200);
    }
  });
});

describe("GET /openapi.json", () => {
  it("serves the document to everybody, with a tag by which caches ask again", async ({ expect }) => {
    const answer = await fetch(`${local.url}/openapi.json`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(answer.headers.get("Cache-Control")).toMatch(/^public, max-age=\d+/);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(await answer.json()).toMatchObject({ openapi: "3.1.1", info: { title: "Edgemeter" } });
    const etag = answer.headers.get("ETag") ?? "";
    const again = await fetch(`${local.url}/openapi.json`, { headers: { "If-None-Match": etag } });
    expect(again.status).toBe(304);
  });

  it("answers no other method, and says which it does", async ({ expect }) => {
    // Without a body: one that a static file leaves unread ends wrangler dev (cloudflare/workers-sdk#15203).
    const answer = await fetch(`${local.url}/openapi.json`, { method: "DELETE" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("Allow")).toBe("GET, HEAD");
  });
});

describe.skipIf(executable === undefined)("The reference page in a browser", () => {
  let context: BrowserContext | undefined;
  afterEach(() => context?.close());

  /** What went wrong in a page: errors, refusals of the policy, and requests to anywhere else. */
  const complaints: string[] = [];

  async function open(options: Parameters<typeof startChromium>[1]): Promise<Page> {
    complaints.length = 0;
    context = await startChromium(executable!, options);
    const page = context.pages()[0] ?? (await context.newPage());
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(local.url) && !/^(data|blob):/.test(url)) complaints.push(`asks for ${url}`);
    });
    await page.goto(local.url, { waitUntil: "networkidle" });
    return page;
  }

  /** The pairs of controls that lie over each other, by what they say. */
  async function overlaps(part: Locator): Promise<string[]> {
    const controls = await part.locator("button:visible, input:visible, a:visible").all();
    const boxes: { says: string; x: number; y: number; width: number; height: number }[] = [];
    for (const control of controls) {
      const box = await control.boundingBox();
      const isSeen = await control.evaluate((element) => element.checkVisibility({ opacityProperty: true }));
      if (isSeen && box !== null) boxes.push({ says: (await control.textContent()) ?? "", ...box });
    }
    const meet = (a: (typeof boxes)[number], b: (typeof boxes)[number]) =>
      a.x + 1 < b.x + b.width && b.x + 1 < a.x + a.width && a.y + 1 < b.y + b.height && b.y + 1 < a.y + a.height;
    return boxes.flatMap((a, i) => boxes.slice(i + 1).flatMap((b) => (meet(a, b) ? `${a.says} and ${b.says}` : [])));
  }

  const tokenField = (page: Page) => page.getByLabel("Bearer Token").first();
  const operation = (page: Page, path: string) => page.locator(`section[id$="${path}"]`);

  it("creates a meter: finds Create Meter, takes the token, sends the example and shows 201 with the meter", async ({
    expect,
  }) => {
    const page = await open({ viewport: DESKTOP });
    await tokenField(page).fill(local.token);
    await page.getByRole("link", { name: /Create Meter/ }).click();
    const section = operation(page, "POST/v1/meters/");
    expect(await section.textContent()).toContain("curl");
    await section.getByRole("button", { name: /Test Request/ }).click();
    const client = page.getByRole("dialog");
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url() === `${local.url}/v1/meters/`),
      client.getByRole("button", { name: /^Send post request/ }).click(),
    ]);
    expect(answer.status()).toBe(201);
    await client.getByText("201 Created").waitFor();
    const meter = (await answer.json()) as { id: string };
    await client.getByText(meter.id).first().waitFor();
    const stored = await fetch(`${local.url}/v1/meters/${meter.id}`, {
      headers: { Authorization: `Bearer ${local.token}` },
    });
    expect(await stored.json()).toEqual(meter);
    expect(complaints).toEqual([]);
  });

  it("shows the SDK's call beside curl", async ({ expect }) => {
    const page = await open({ viewport: DESKTOP });
    await page.getByRole("link", { name: /Create Meter/ }).click();
    const section = operation(page, "POST/v1/meters/");
    await section.getByRole("button", { name: /Curl/ }).click();
    await page.getByRole("option", { name: "Polar SDK" }).click();
    await section.getByText("createPolar").first().waitFor();
    expect(complaints).toEqual([]);
  });

  it("is dark for who asks for dark, light for others", async ({ expect }) => {
    const backgrounds: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await open({ viewport: DESKTOP, colorScheme });
      backgrounds.push(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
      if (colorScheme === "light") await context?.close();
    }
    const [light, dark] = backgrounds.map((color) => Number(/\d+/.exec(color)?.[0]));
    expect(light).toBeGreaterThan(200);
    expect(dark).toBeLessThan(50);
  });

  it("can be used from the keyboard: Tab reaches Create Meter, Enter opens it", async ({ expect }) => {
    const page = await open({ viewport: DESKTOP });
    const focused = () => page.evaluate<string>("document.activeElement.textContent.trim()");
    await page.getByRole("link", { name: /Create Meter/ }).waitFor();
    for (let presses = 0; presses < 100 && !(await focused()).startsWith("Create Meter"); presses++) {
      await page.keyboard.press("Tab");
    }
    expect(await focused()).toMatch(/^Create Meter/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/POST\/v1\/meters/);
    await operation(page, "POST/v1/meters/").getByRole("heading", { name: "Create Meter" }).waitFor();
  });

  it("fits a phone: nothing is wider than the screen, and the menu opens", async ({ expect }) => {
    const page = await open({ viewport: PHONE, isMobile: true, hasTouch: true });
    await page.getByRole("button", { name: /menu/i }).first().click();
    await page.getByRole("link", { name: /Create Meter/ }).click();
    await operation(page, "POST/v1/meters/").getByRole("heading", { name: "Create Meter" }).waitFor();
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(PHONE.width);
    expect(await overlaps(page.locator("main"))).toEqual([]);
    await operation(page, "POST/v1/meters/")
      .getByRole("button", { name: /Test Request/ })
      .click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Send post request/ })
      .waitFor();
    expect(await overlaps(page.getByRole("dialog"))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

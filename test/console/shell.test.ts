import type { Page } from "playwright-core";
import { describe, it } from "vitest";
import { PHONE } from "../reference/layout.ts";
import { openOrganization, openShared } from "../sdk/shared.ts";
import { sender } from "./seed.ts";
import { executable, fits, follow, settled, shown, useConsole } from "./support.ts";

const NAMES = ["Overview", "Meters", "Events", "Customers", "Alerts", "Webhooks", "Tokens"];
const field = (page: Page) => page.getByRole("textbox", { name: /token/i });

describe.skipIf(executable === undefined)("The console", () => {
  const shared = useConsole();

  it("asks for a token, says why one is refused, and forgets it with the page unless asked to keep it", async ({
    expect,
  }) => {
    const { token, organization } = shared.organization;
    const page = await shared.open("/console/meters?query=nothing", null);
    await field(page).fill(`${token.slice(0, -1)}x`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await field(page).fill(token);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Meters" }).waitFor();
    // The address is that which was asked for, and has no token.
    expect(new URL(page.url()).search).toBe("?query=nothing");
    const text = await page.locator("body").innerText();
    expect(text).toContain(organization.slice(0, 8));
    expect(text).toContain("meters:write");
    expect(await page.evaluate("JSON.stringify([sessionStorage, localStorage])")).not.toContain(token);
    await page.reload();
    await field(page).fill(token);
    await page.getByRole("checkbox", { name: /keep/i }).check();
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Meters" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Meters" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await field(page).waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    expect(shared.complaints).toEqual([]);
  });

  it("offers the demo token where npm run dev does", async () => {
    const page = await shared.open("/console/", null);
    await page.getByRole("button", { name: /demo token/ }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.getByText("de300000").waitFor();
  });

  it("has a page for each link, whose heading has the focus, and goes back and forward", async ({ expect }) => {
    const page = await shared.open("/console/");
    for (const name of NAMES) {
      await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { level: 1, name }).waitFor();
      await settled(page);
      expect(await page.title()).toContain(name);
      expect(await page.locator("main").count()).toBe(1);
      expect(await page.locator("h1").count()).toBe(1);
      if (name !== "Overview") expect(await page.evaluate("document.activeElement.tagName")).toBe("H1");
    }
    await page.goBack();
    await page.getByRole("heading", { name: "Webhooks" }).waitFor();
    await page.goForward();
    await page.getByRole("heading", { name: "Tokens" }).waitFor();
    expect(shared.complaints).toEqual([]);
  });

  it("leads from an empty organization to the first quantity, by the mouse alone, and then shows its meters", async ({
    expect,
  }) => {
    const { token } = await openOrganization(shared.organization.folder, shared.organization.url);
    const page = await shared.open("/console/", token);
    await settled(page);
    const text = await page.locator("main").innerText();
    for (const each of ["curl", new URL(shared.organization.url).host, "SDK"]) expect(text).toContain(each);
    await page.getByRole("button", { name: "Create the example meter" }).click();
    await page.getByText("done").waitFor();
    await page.getByRole("button", { name: "Send the example event" }).click();
    await page.getByRole("link", { name: "AI tokens" }).click();
    await page.getByRole("heading", { name: "AI tokens" }).waitFor();
    await page.locator("main .large").getByText("40 tokens").waitFor();
    const send = sender({ ...shared.organization, token });
    const unused = { filter: { conjunction: "and", clauses: [] }, aggregation: { func: "max", property: "none" } };
    for (let at = 1; at <= 8; at++) await send("POST", "meters/", { name: `Later ${at}`, ...unused });
    await page.goto(`${shared.organization.url}/console/`);
    await page.getByRole("link", { name: "All 9 meters" }).waitFor();
    expect(shared.complaints).toEqual([]);
  });

  it("disables what a token for reading may not do, and says which scope that needs", async ({ expect }) => {
    const body = { comment: "reader", scopes: ["meters:read", "events:read"] };
    const { token } = await sender(shared.organization)("POST", "organization-access-tokens/", body);
    const page = await shared.open("/console/meters/new", token);
    await page.getByRole("main").getByText("meters:write").first().waitFor();
    expect(await page.getByRole("button", { name: "Create meter" }).getAttribute("aria-disabled")).toBe("true");
    await follow(page, "/console/meters");
    const create = page.getByRole("button", { name: "New meter" });
    await create.click({ force: true });
    expect(await create.getAttribute("aria-disabled")).toBe("true");
    expect(new URL(page.url()).pathname).toBe("/console/meters");
  });

  it("returns to the sign-in when the token is revoked meanwhile, and keeps the address", async ({ expect }) => {
    const send = sender(shared.organization);
    const body = { comment: "short", scopes: ["meters:read"] };
    const made = await send("POST", "organization-access-tokens/", body);
    const page = await shared.open("/console/meters", made.token);
    await page.getByRole("heading", { name: "Meters" }).waitFor();
    await page.route("**/v1/**", (route) =>
      route.fulfill({ status: 401, json: { error: "invalid_token", detail: "" } }),
    );
    await page.getByLabel("Name contains").fill("x");
    await page.getByRole("status").getByText("not valid any more").waitFor();
    expect(new URL(page.url()).search).toBe("?query=x");
  });

  it("fits a phone and a wide screen, light and dark", async ({ expect }) => {
    const page = await shared.open("/console/meters");
    await shown(page);
    for (const viewport of [PHONE, { width: 1440, height: 900 }]) await fits(page, viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const ground = await page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
      expect(Number(/\d+/.exec(ground)?.[0]) < 100).toBe(colorScheme === "dark");
    }
  });
});

describe("GET /console/", () => {
  it("answers the same page for each view, under a policy without inline scripts, and 404 for a file that is gone", async ({
    expect,
  }) => {
    const { url } = await openShared();
    const pages = await Promise.all(["/console/", "/console/meters/abc"].map((path) => fetch(url + path)));
    const [first, second] = await Promise.all(pages.map((page) => page.text()));
    expect(first).toBe(second);
    for (const { status, headers } of pages) {
      expect(status).toBe(200);
      const policy = headers.get("Content-Security-Policy") ?? "";
      for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) {
        expect(policy).toContain(rule);
      }
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
    }
    expect(first).not.toMatch(/<script>|<style|style=/);
    const [, file] = /src="([^"]+)"/.exec(first ?? "")!;
    expect((await fetch(url + file)).headers.get("Cache-Control")).toContain("immutable");
    const gone = await fetch(`${url}/console/assets/gone.js`);
    expect([gone.status, gone.headers.get("Content-Type")]).toEqual([404, "application/json"]);
  });
});

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { beforeAll, describe, it } from "vitest";
import { findingsInBothThemes } from "../portal/accessibility.ts";
import { PHONE } from "../reference/layout.ts";
import { HOSTILE, seed } from "./seed.ts";
import { executable, fits, follow, shown, useConsole } from "./support.ts";

const main = (page: Page) => page.getByRole("main");
const row = (page: Page, text: string) => main(page).getByRole("row").filter({ hasText: text });
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const balanceRow = (page: Page) => main(page).getByRole("row", { name: /^AI tokens/ });
const dialog = (page: Page) => page.getByRole("dialog");

describe.skipIf(executable === undefined)("The console's events, customers, tokens, alerts and webhooks", () => {
  const shared = useConsole();
  let seeded: Awaited<ReturnType<typeof seed>>;

  beforeAll(async () => {
    seeded = await seed(shared.organization);
    const event = { name: "ai_usage", external_customer_id: "customer-1", timestamp: new Date().toISOString() };
    const events = [
      { ...event, external_id: "as-text", metadata: { total_tokens: "12", model: HOSTILE[0], note: "n".repeat(99) } },
    ];
    await seeded.send("POST", "events/ingest", { events });
  });

  it("lists events, keeps the filters in the address, and says why each meter counts one or not", async ({
    expect,
  }) => {
    const page = await shared.open("/console/events");
    await shown(page);
    await main(page).getByLabel("Event name").fill("ai_usage");
    await main(page).getByLabel("Customer, by your own id").fill("customer-1");
    const { pagination } = await seeded.send("GET", "events/?name=ai_usage&external_customer_id=customer-1&limit=1");
    await main(page).getByText(`${pagination.total_count} events`).waitFor();
    expect(new URL(page.url()).search).toBe("?name=ai_usage&external_customer_id=customer-1");
    await page.reload();
    await main(page).getByText(`${pagination.total_count} events`).waitFor();
    await page.getByText(/^total_tokens: "12"/).click();
    await page.getByText(`"note": "${"n".repeat(99)}"`).waitFor();
    // The newest is that whose number is a text.
    await main(page).getByRole("link", { name: "ai_usage" }).first().click();
    await shown(page);
    expect(await page.getByRole("region", { name: "The event as JSON" }).innerText()).toContain(
      '"external_id": "as-text"',
    );
    const meter = async (name: string) => {
      const item = main(page)
        .getByRole("listitem")
        .filter({ has: page.getByRole("heading", { name }) });
      return (await item.innerText()).replaceAll(/\s+/g, " ");
    };
    expect(await meter("AI tokens")).toContain("not counted Its filter holds, but the property that is aggregated has no number: total_tokens"); // prettier-ignore
    expect(await meter("API calls")).toContain('does not hold: name = "api_call" the event has "ai_usage" (text)');
    await page.goBack();
    await main(page).getByText(`${pagination.total_count} events`).waitFor();
    expect(shared.complaints).toEqual([]);
  });

  it("creates a customer by the keyboard, credits and resets a balance once each, and erases it", async ({
    expect,
  }) => {
    const page = await shared.open("/console/customers?query=nobody");
    await main(page).getByText("No customer is like that.").waitFor();
    await page.getByRole("button", { name: "New customer" }).focus();
    await page.keyboard.press("Enter");
    await dialog(page).getByLabel("E-mail address").fill("not an address");
    await page.keyboard.press("Enter");
    const invalid = dialog(page).locator('[aria-invalid="true"]');
    await invalid.waitFor();
    expect(await invalid.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true);
    await page.keyboard.press("Control+A");
    await page.keyboard.type("new@example.com");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Newcomer");
    await page.keyboard.press("Tab");
    await page.keyboard.type("newcomer");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Newcomer", level: 1 }).waitFor();
    await shown(page);
    const id = page.url().split("/").at(-1)!;
    const balance = async () => {
      const { items } = await seeded.send("GET", `customer-meters/?customer_id=${id}&meter_id=${seeded.tokens}`);
      return [items[0].credited_units, items[0].balance];
    };
    await balanceRow(page).getByRole("button", { name: "Credit" }).click();
    await dialog(page).getByLabel("Units").fill("0");
    await page.keyboard.press("Enter");
    await dialog(page).getByText("integer other than 0").waitFor();
    await dialog(page).getByLabel("Units").fill("1234567");
    await dialog(page).getByRole("button", { name: "Credit" }).dblclick();
    await balanceRow(page).getByText("1,234,567").first().waitFor();
    await dialog(page).waitFor({ state: "detached" });
    expect(await balance()).toEqual([1_234_567, 1_234_567]);
    await balanceRow(page).getByRole("button", { name: "Reset" }).click();
    await dialog(page).getByRole("button", { name: "Reset" }).click();
    await balanceRow(page).getByText("no credits").waitFor();
    expect(await balance()).toEqual([0, 0]);
    await press(page, "Erase");
    await dialog(page).getByRole("button", { name: "Erase" }).click();
    await dialog(page).getByRole("alert").waitFor();
    await dialog(page).getByLabel("to confirm").fill("newcomer");
    await dialog(page).getByRole("button", { name: "Erase" }).click();
    await page.getByRole("heading", { name: "Customers", level: 1 }).waitFor();
    expect((await seeded.send("GET", "customers/?query=newcomer")).items).toEqual([]);
    expect(shared.complaints).toEqual([]);
  });

  it("shows a customer's exact balances, usage and holds, and opens the portal for it", async ({ expect }) => {
    const [customer_id] = seeded.customers;
    const body = { customer_id, meter_id: seeded.tokens, units: 250 };
    await seeded.send("POST", "customer-meters/holds", body);
    const { items } = await seeded.send("GET", `customer-meters/?customer_id=${customer_id}&meter_id=${seeded.tokens}`);
    const page = await shared.open(`/console/customers/${customer_id}`);
    await shown(page);
    const text = await balanceRow(page).innerText();
    for (const units of ["balance", "credited_units", "consumed_units", "held_units"]) {
      expect(text).toContain(items[0][units].toLocaleString("en-US"));
    }
    // The filters of all meters can be too much for one list of balances.
    const requests = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    expect(requests.filter((each) => /customer-meters\/\?(?!.*meter_id=)/.test(each))).toEqual([]);
    await fits(page, PHONE);
    await main(page).getByRole("heading", { name: "Usage of AI tokens" }).waitFor();
    await main(page).getByRole("button", { name: "Release" }).click();
    await dialog(page).getByRole("button", { name: "Release" }).click();
    await row(page, "released").waitFor();
    await press(page, "Session link");
    await press(page, "Make the link");
    const link = dialog(page).getByRole("link", { name: "Open the portal" });
    const opened = page.context().waitForEvent("page");
    await link.click();
    await (await opened).getByRole("heading", { name: "Usage" }).waitFor();
    expect(page.url()).not.toContain("token");
    expect(shared.complaints).toEqual([]);
  });

  it("makes a token that is shown once, rotates it, and deletes it", async ({ expect }) => {
    const page = await shared.open("/console/tokens");
    await shown(page);
    await press(page, "New token");
    await dialog(page).getByLabel("Comment").fill("gateway of the tests");
    await dialog(page).getByLabel("What it may do").selectOption("gateway");
    await press(page, "Create token");
    const made = dialog(page).getByRole("region", { name: "The new token" });
    const token = (await made.innerText()).trim();
    const own = await fetch(`${shared.organization.url}/v1/organization-access-tokens/introspect`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect((await own.json()).scopes).toEqual(["events:write", "customer_meters:read"]);
    await press(page, "Close");
    expect(await row(page, "gateway of the tests").innerText()).toContain("gateway");
    expect(await page.content()).not.toContain(token);
    await row(page, "gateway of the tests").getByRole("button", { name: "Rotate" }).click();
    await dialog(page).getByRole("button", { name: "Rotate" }).click();
    expect((await made.innerText()).trim()).not.toBe(token);
    await press(page, "Close");
    await page.waitForFunction(() => document.querySelectorAll("main tbody tr").length === 3);
    for (const rows of [2, 1]) {
      await row(page, "gateway of the tests").first().getByRole("button", { name: "Delete" }).click();
      await dialog(page).getByRole("button", { name: "Delete" }).click();
      await page.waitForFunction((left) => document.querySelectorAll("main tbody tr").length === left, rows);
    }
    expect(shared.complaints).toEqual([]);
  });

  it("voids an event with a reason and a replacement, and says that meters no longer count it", async ({ expect }) => {
    const event = { name: "ai_usage", external_customer_id: "customer-0", metadata: { total_tokens: 999_999 } };
    await seeded.send("POST", "events/ingest", { events: [{ ...event, external_id: "too-much" }] });
    const found = async (external_id: string) =>
      (await seeded.send("GET", `events/?external_id=${external_id}`)).items[0];
    const page = await shared.open(`/console/events/${(await found("too-much")).id}`);
    await main(page).getByText("999,999").waitFor();
    await press(page, "Void");
    await dialog(page).getByLabel("Reason").fill("sent <b>twice</b>");
    await dialog(page).getByLabel("Send a replacement").check();
    const field = dialog(page).getByRole("textbox", { name: "Replacement" });
    await field.fill((await field.inputValue()).replace("999999", "{"));
    await dialog(page).getByRole("button", { name: "Void" }).click();
    await dialog(page).getByRole("alert").getByText("not JSON").waitFor();
    await field.fill((await field.inputValue()).replace('"total_tokens": {', '"total_tokens": 9'));
    await dialog(page).getByRole("button", { name: "Void" }).click();
    await main(page).getByText("Its filter holds, but the event is voided.").first().waitFor();
    expect((await found("too-much")).void_reason).toBe("sent <b>twice</b>");
    expect((await found("too-much-corrected")).metadata.total_tokens).toBe(9);
    expect(await main(page).getByRole("button", { name: "Void" }).getAttribute("aria-disabled")).toBe("true");
    expect(shared.complaints).toEqual([]);
  });

  it("creates an alert, whose trigger it shows, and an endpoint, whose deliveries it shows", async ({ expect }) => {
    const answers: string[] = [];
    const receiver = createServer((request, response) => {
      answers.push(String(request.headers["webhook-id"]));
      response.writeHead(418).end("short and stout");
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => receiver.once("listening", resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const page = await shared.open("/console/webhooks");
    await press(page, "New endpoint");
    await dialog(page).getByRole("textbox", { name: "URL" }).fill("ftp://example.com");
    await press(page, "Create endpoint");
    await dialog(page).locator('[aria-invalid="true"]').waitFor();
    await dialog(page).getByRole("textbox", { name: "URL" }).fill(url);
    await press(page, "Create endpoint");
    await page.getByRole("heading", { level: 1, name: url }).waitFor();
    expect(await main(page).innerText()).not.toMatch(/whsec_[\w+/]/);
    await press(page, "Show secret");
    expect(await main(page).innerText()).toMatch(/whsec_[\w+/]/);
    await press(page, "Send a test");
    await press(page, "Send");
    await press(page, "Redeliver");
    expect(await row(page, "webhook.test").innerText()).toMatch(/418[^]*short and stout/);
    await press(page, "Close");
    await follow(page, "/console/alerts");
    await press(page, "New alert");
    await dialog(page).getByLabel("Name").fill("half used");
    await dialog(page).getByLabel("Meter").selectOption(seeded.tokens);
    await dialog(page).getByLabel("Thresholds").fill("5000000, x");
    await press(page, "Create alert");
    await dialog(page).getByRole("alert").waitFor();
    await dialog(page).getByLabel("Thresholds").fill("5000000");
    await press(page, "Create alert");
    await page.getByRole("heading", { level: 1, name: "half used" }).waitFor();
    await main(page).getByText("It has not triggered").waitFor();
    await press(page, "Edit");
    await dialog(page).getByLabel("Name").fill("heavy use");
    await press(page, "Save");
    await page.getByRole("heading", { level: 1, name: "heavy use" }).waitFor();
    const event = { name: "ai_usage", external_customer_id: "customer-1", metadata: { total_tokens: 6_000_000 } };
    await seeded.send("POST", "events/ingest", { events: [event] });
    await row(page, "5,000,000").getByRole("link", { name: "Grace Hopper" }).waitFor();
    receiver.close();
    expect(answers.length).toBeGreaterThan(0);
    expect(shared.complaints).toEqual([]);
  });

  it("disables what a token for reading may not do, and says which scope that needs", async ({ expect }) => {
    const scopes = ["events:read", "customers:read", "customer_meters:read", "organization_access_tokens:read"];
    const { token } = await seeded.send("POST", "organization-access-tokens/", { comment: "reader", scopes });
    const page = await shared.open("/console/tokens", token);
    for (const path of ["customers", `customers/${seeded.customers[0]}`, "tokens"]) {
      await follow(page, `/console/${path}`);
      const names = /^(?:New|Create|Rotate|Delete|Credit|Reset|Erase|Edit|Session)/;
      const buttons = await main(page).getByRole("button", { name: names }).all();
      expect(buttons.length).toBeGreaterThan(0);
      for (const button of buttons) {
        expect(await button.getAttribute("aria-disabled")).toBe("true");
        expect(await button.getAttribute("title")).toContain(":write");
      }
    }
    await follow(page, `/console/events/${crypto.randomUUID()}`);
    await main(page).getByText("meters:read").waitFor();
  });

  it("fits a phone and a wide screen with hostile texts, and axe finds nothing serious", async ({ expect }) => {
    const [{ items }, alert, endpoint] = await Promise.all([
      seeded.send("GET", "events/?external_id=as-text"),
      seeded.send("POST", "alerts", { name: HOSTILE[3], meter_id: seeded.tokens, basis: "consumed_units", thresholds: [1] }), // prettier-ignore
      seeded.send("POST", "webhooks/endpoints", { url: `${shared.organization.url}/nothing-is-here`, name: HOSTILE[3], format: "raw", events: ["customer.created"] }), // prettier-ignore
    ]);
    await seeded.send("POST", "customer-meters/consume", { customer_id: seeded.customers[5], meter_id: seeded.tokens, event: { name: "ai_usage", metadata: { total_tokens: 1 } } }); // prettier-ignore
    await seeded.send("POST", `webhooks/endpoints/${endpoint.id}/test`);
    const paths = [
      "events",
      `events/${items[0].id}`,
      "customers",
      `customers/${seeded.customers[5]}`,
      "tokens",
      "alerts",
      `alerts/${alert.id}`,
      "webhooks",
      `webhooks/${endpoint.id}`,
    ];
    const page = await shared.open("/console/");
    for (const path of paths) {
      await follow(page, `/console/${path}`);
      await fits(page, { width: 1440, height: 900 });
      await fits(page, PHONE);
      expect([path, await findingsInBothThemes(page)]).toEqual([path, []]);
    }
    expect(shared.complaints).toEqual([]);
  });
});

import { readFile } from "node:fs/promises";
import type { Page, Request } from "playwright-core";
import { beforeAll, describe, it } from "vitest";
import { findingsInBothThemes } from "../portal/accessibility.ts";
import { HOSTILE, seed } from "./seed.ts";
import { executable, follow, settled, shown, useConsole } from "./support.ts";

/** Waits until the last field of a value offers some values. */
const suggested = (page: Page, values: string[]) =>
  page.waitForFunction((expected) => {
    const offered = [
      ...([...document.querySelectorAll<HTMLInputElement>('[name$=".value"]')].at(-1)?.list?.options ?? []),
    ];
    return expected.every((each) => offered.some(({ value }) => value === each));
  }, values);
const COUNT = { filter: { conjunction: "and", clauses: [] }, aggregation: { func: "count" } };
const numbersIn = (texts: string[]) => texts.map((text) => Number(text.replaceAll(",", "")));

describe.skipIf(executable === undefined)("The pages of meters", () => {
  const shared = useConsole();
  let seeded: Awaited<ReturnType<typeof seed>>;
  beforeAll(async () => {
    seeded = await seed(shared.organization);
  });

  const table = (page: Page, name: string) => page.getByRole("region", { name, exact: true }).getByRole("table");
  const quantities = (query: string) => seeded.send("GET", `meters/${seeded.tokens}/quantities?${query}`);

  it("show a meter's quantities as a chart and a table, and keep what is chosen in the address", async ({ expect }) => {
    const page = await shared.open(`/console/meters/${seeded.tokens}`);
    await page.getByRole("combobox", { name: "Interval" }).selectOption("week");
    await page.waitForURL(/interval=week/);
    await settled(page);
    const curl = await page.locator("details.curl pre").last().textContent();
    const { total, quantities: rows } = await quantities(/\?([^']+)'/.exec(curl ?? "")?.[1] ?? "");
    expect(rows.length).toBeLessThan(7);
    await page.locator("p.large, .large").first().getByText(total.toLocaleString("en-US")).waitFor();
    const cells = await table(page, "Quantities").locator("tbody td").allTextContents();
    expect(numbersIn(cells)).toEqual(rows.map(({ quantity }: { quantity: number }) => quantity).toReversed());
    expect(await page.locator("main canvas").count()).toBe(1);
    await page.getByRole("group", { name: /^AI tokens/ }).focus();
    await page.keyboard.press("End");
    await page
      .getByText(/week of .*/)
      .first()
      .waitFor();
    const tops = await page.locator(".range .field > :is(input, select)").evaluateAll((all) => all.map((each) => each.getBoundingClientRect().top)); // prettier-ignore
    expect(new Set(tops.slice(0, 4)).size).toBe(1);
    await page.getByRole("checkbox", { name: /Compare/ }).check();
    await page.getByRole("columnheader", { name: "Period before" }).waitFor();
    await page.goBack();
    await page.getByRole("columnheader", { name: "Period before" }).waitFor({ state: "detached" });
    expect(shared.complaints).toEqual([]);
  });

  it("show groups, whatever their names are, and save CSV", async ({ expect }) => {
    const page = await shared.open(`/console/meters/${seeded.tokens}?group_by=customer`);
    await table(page, "Groups").waitFor();
    const names = await table(page, "Groups").getByRole("rowheader").allTextContents();
    expect(names.toSorted()).toEqual(["Ada Lovelace", "Grace Hopper", ...HOSTILE.slice(0, 3)].toSorted());
    expect(await page.locator("main img").count()).toBe(0);
    await page.route(/format=csv/, async (route) => {
      await page.getByRole("button", { name: "CSV: 0 pages. Stop" }).waitFor();
      await route.continue();
    });
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    const csv = await readFile(await (await saving).path(), "utf8");
    expect(csv.split("\r\n")[0]).toBe(
      "key.customer_id,key.external_customer_id,key.name,key.email,others,timestamp,quantity",
    );
    expect(shared.complaints).toEqual([]);
  });

  it("make a meter from the keyboard, with a preview, and put a problem at its field", async ({ expect }) => {
    const page = await shared.open("/console/meters/new");
    await page.getByRole("textbox", { name: "Name" }).focus();
    for (const keys of ["ab", "Tab", "Tab", "Tab", "Tab", "api_call"]) {
      if (keys === "Tab") await page.keyboard.press(keys);
      else await page.keyboard.type(keys);
    }
    const preview = page.getByRole("region", { name: "Preview" });
    await preview.getByText("The first ten events that match").waitFor();
    expect(await preview.getByRole("row").count()).toBe(11);
    await page.keyboard.press("Enter");
    const name = page.getByRole("textbox", { name: "Name" });
    await page.getByText("This should have at least 3 characters.").waitFor();
    expect(await name.getAttribute("aria-invalid")).toBe("true");
    expect(await name.evaluate((element) => element === document.activeElement)).toBe(true);
    const described = await name.getAttribute("aria-describedby");
    expect(await page.locator(`[id="${described}"]`).textContent()).toContain("at least 3");
    await page.keyboard.type("c & <b>d</b>");
    expect(await name.getAttribute("aria-invalid")).toBe("false");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "abc & <b>d</b>" }).waitFor();
    expect(shared.complaints).toEqual([]);
  });

  it("nest conditions, edit a name, and archive", async ({ expect }) => {
    const page = await shared.open("/console/meters/new");
    await page.getByRole("textbox", { name: "Name" }).fill("Large answers");
    await suggested(page, ["ai_usage", "api_call"]);
    await page.getByLabel("Value").fill("ai_usage");
    await page.getByRole("button", { name: "Add group" }).click();
    await page.getByLabel("Property").nth(1).fill("region");
    await suggested(page, ["eu-west", "us-east"]);
    await page.getByLabel("Property").nth(1).fill("total_tokens");
    await page.getByLabel("Operator").nth(1).selectOption("gt");
    await page.getByLabel("Value").nth(1).fill("1000");
    await page.getByLabel("Aggregation").selectOption("sum");
    await page
      .getByLabel(/^Property/)
      .last()
      .fill("total_tokens");
    await page.getByRole("button", { name: "Create meter" }).click();
    await page.getByText('name = "ai_usage" and total_tokens > 1000').waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("Larger answers");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Larger answers" }).waitFor();
    await page.getByRole("button", { name: "Archive" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Archive" }).click();
    await page.getByRole("button", { name: "Restore" }).waitFor();
    expect(shared.complaints).toEqual([]);
  });

  it("keep what was shown when a request fails, say why, and try again", async ({ expect }) => {
    const page = await shared.open("/console/meters");
    await page.getByRole("link", { name: "AI tokens" }).waitFor();
    const failure = {
      status: 500,
      json: { error: "InternalServerError", detail: "broken" },
      headers: { "X-Request-Id": "r-1" },
    };
    await page.route("**/v1/meters/?**", (route) => route.fulfill(failure));
    await page.getByLabel("Name contains").fill("API");
    const alert = page.getByRole("alert");
    await alert.getByText("broken").waitFor();
    await alert.getByText("r-1").waitFor();
    expect(await page.getByRole("link", { name: "AI tokens" }).count()).toBe(1);
    await page.unroute("**/v1/meters/?**");
    await alert.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("link", { name: "AI tokens" }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "API calls" }).waitFor();
  });

  it("read the quantities of a meter when its row comes into view", async ({ expect }) => {
    const page = await shared.open("/console/tokens");
    await shown(page);
    for (let number = 0; number < 20; number++)
      await seeded.send("POST", "meters/", { ...COUNT, name: `Meter ${number}` });
    const { items } = await seeded.send("GET", "meters/?sorting=name&is_archived=false&limit=50");
    const [first, last] = [items[0].id, items.at(-1).id];
    const read = new Set<string>();
    const note = (request: Request) => read.add(/meters\/(.+)\/quantities/.exec(request.url())?.[1] ?? "");
    page.on("request", note);
    await page.setViewportSize({ width: 1280, height: 500 });
    await follow(page, "/console/meters");
    const row = (id: string) => page.getByRole("row").filter({ has: page.locator(`a[href$="${id}"]`) });
    await row(first).getByRole("img").waitFor();
    await settled(page);
    expect(read).toContain(first);
    expect(read).not.toContain(last);
    await row(last).scrollIntoViewIfNeeded();
    await row(last).getByRole("img").waitFor();
    expect(read).toContain(last);
    page.off("request", note);
  });

  it("have nothing that axe finds serious, light and dark", async ({ expect }) => {
    const page = await shared.open("/console/");
    await shown(page);
    expect(await findingsInBothThemes(page)).toEqual([]);
    for (const path of ["/console/meters", `/console/meters/${seeded.calls}`, "/console/meters/new"]) {
      await follow(page, path);
      expect([path, await findingsInBothThemes(page)]).toEqual([path, []]);
    }
  });
});

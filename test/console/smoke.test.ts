import { describe, it } from "vitest";
import { sender } from "./seed.ts";
import { executable, useConsole } from "./support.ts";

describe.skipIf(executable === undefined)("The console", () => {
  const shared = useConsole();

  it("shows a chart with an event that was just sent, to whoever signs in", async ({ expect }) => {
    const send = sender(shared.organization);
    const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "ai_usage" }] };
    const aggregation = { func: "sum", property: "total_tokens" };
    await send("POST", "meters/", { name: "AI tokens", unit: "token", filter, aggregation });
    await send("POST", "events/ingest", {
      events: [{ name: "ai_usage", external_customer_id: "c1", metadata: { total_tokens: 4321 } }],
    });
    const page = await shared.open("/console/meters", null);
    await page.getByRole("textbox", { name: /token/i }).fill(shared.organization.token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "AI tokens" }).click();
    await page.locator("main .large").getByText("4,321").waitFor();
    await page.locator("main canvas").waitFor();
    expect(shared.complaints).toEqual([]);
  });
});

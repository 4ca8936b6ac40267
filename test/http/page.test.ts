import { describe, it } from "vitest";
import { call, grant, METER, problems } from "../support/api.ts";
import { usage } from "../support/metering.ts";

const LLM = usage(880_000);

/** Makes large items: two lists, and how many fit. */
const LISTS = {
  "/v1/meters/": async (token: string) => {
    const body = { ...METER, unit: "custom", custom_label: "x".repeat(1_000_000) };
    for (let i = 0; i < 18; i++) await call("POST", "/v1/meters/", { token, body });
  },
  "/v1/events/": async (token: string) => {
    const events = Array.from({ length: 6 }, () => ({ name: "e", external_customer_id: "c", metadata: { _llm: LLM } }));
    for (let i = 0; i < 4; i++) await call("POST", "/v1/events/ingest", { token, body: { events } });
  },
};

describe.for(Object.entries(LISTS))("A page of %s", ([path, fill]) => {
  it("that would be too large is a 422, and a smaller limit reaches every item", async ({ expect }) => {
    const token = await grant();
    await fill(token);
    const list = (query: string) => call("GET", `${path}?${query}`, { token });
    const refused = await list("limit=100");
    expect(problems(refused)).toEqual(["query.limit value_error"]);
    expect(refused.json.detail[0].msg).toContain("smaller limit");
    const pages = [await list("limit=15"), await list("limit=15&page=2")];
    const { total_count } = pages[0]!.json.pagination;
    expect(pages.map(({ json }) => json.items.length)).toEqual([15, total_count - 15]);
    expect((await list("limit=100&page=2")).json.items).toEqual([]);
  });
});

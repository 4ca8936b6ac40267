import fc from "fast-check";
import { describe, it } from "vitest";
import { call, grant, problems } from "../support/api.ts";
import { cases } from "../support/cases.ts";
import { parseCsv, recordsOf } from "../support/csv.ts";
import { DAY, event, setUp } from "../support/metering.ts";

const CSV = { headers: { Accept: "text/csv" } };

/** Customers c0 to c6, and an event of each. */
async function setUpCustomers() {
  const { token, ingest, create } = await setUp();
  for (let i = 0; i < 7; i++) {
    const body = { email: `c${i}@example.com`, name: `Customer "${i}", Ltd.`, external_id: `c${i}`, metadata: { i } };
    await call("POST", "/v1/customers/", { token, body });
    await ingest({ ...event({ n: i / 10 }), external_customer_id: `c${i}` });
  }
  const { id } = await create({ name: "=cmd|' /C calc'!A0", aggregation: { func: "sum", property: "n" } });
  return { token, meter: id };
}

describe("CSV", () => {
  it.for([
    ["text/csv", "", true],
    ["text/html, text/csv;q=0.9, */*;q=0.1", "", true],
    ["application/json;q=0.5, TEXT/CSV", "", true],
    ["application/json, text/csv", "", false],
    ["text/csv;q=0", "", false],
    ["*/*", "", false],
    ["application/xml", "", false],
    ["application/json", "&format=csv", true],
    ["text/csv", "&format=json", false],
  ] as const)("with Accept: %s and the parameter %s is answered: %s", async ([Accept, format, isCsv], { expect }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    const path = `/v1/meters/${id}/quantities?${DAY}${format}`;
    const { headers } = await call("GET", path, { token, headers: { Accept } });
    expect(headers.get("Content-Type")).toBe(isCsv ? "text/csv; charset=utf-8; header=present" : "application/json");
  });

  it("is not answered by other operations, and no other format exists", async ({ expect }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    expect((await call("GET", `/v1/meters/${id}?format=csv`, { token, ...CSV })).json.id).toBe(id);
    expect((await call("GET", "/v1/meters/", { token, ...CSV })).json.items).toHaveLength(1);
    expect(problems(await call("GET", "/v1/events/?format=xml", { token }))).toEqual(["query.format enum"]);
    const strict = { Prefer: "handling=strict", Accept: "text/csv" };
    expect((await call("GET", "/v1/events/?format=csv", { token, headers: strict })).status).toBe(200);
  });

  it("of quantities has their rows, in a file named after the range", async ({ expect }) => {
    const { token, meter } = await setUpCustomers();
    const path = `/v1/meters/${meter}/quantities?start_timestamp=2025-12-31T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day`;
    const { headers, text } = await call("GET", path, { token, ...CSV });
    expect(headers.get("Content-Disposition")).toBe(
      'attachment; filename="quantities-2025-12-31-to-2026-01-01-day.csv"',
    );
    expect(text).toBe("timestamp,quantity\r\n2025-12-31T00:00:00.000Z,0\r\n2026-01-01T00:00:00.000Z,2.1\r\n");
  });

  it.for([
    ["/v1/events/", "events"],
    ["/v1/customers/", "customers"],
    ["/v1/customer-meters/", "customer-meters"],
  ] as const)("of %s has the items of the page, and leads to all others", async ([path, name], { expect }) => {
    const { token } = await setUpCustomers();
    const { json } = await call("GET", `${path}?limit=100&sorting=${name === "events" ? "timestamp" : "created_at"}`, { token }); // prettier-ignore
    const order = `sorting=${name === "events" ? "timestamp" : "created_at"}`;
    for (const begin of ["page=1", "cursor="]) {
      const records: Record<string, string>[] = [];
      let next: string | undefined = `${path}?limit=3&${order}&${begin}`;
      while (next !== undefined) {
        const { headers, text } = await call("GET", next, { token, ...CSV });
        expect(headers.get("Content-Disposition")).toBe(`attachment; filename="${name}.csv"`);
        records.push(...recordsOf(text));
        next = /^<(.+)>; rel="next"$/.exec(headers.get("Link") ?? "")?.[1];
      }
      expect(new Set(records.map(({ id }) => id))).toEqual(new Set(json.items.map(({ id }: any) => id)));
      expect(records).toHaveLength(7);
      for (const record of records) {
        const item = json.items.find(({ id }: any) => id === record["id"]);
        for (const [column, cell] of Object.entries(record)) {
          const value = column.split(".").reduce((part, field) => part?.[field], item);
          const text = value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
          expect([text, `'${text}`]).toContain(cell);
        }
      }
    }
  });

  it("keeps what a spreadsheet would calculate as text, and numbers as numbers", async ({ expect }) => {
    const { token } = await setUpCustomers();
    const [first] = recordsOf((await call("GET", "/v1/customer-meters/?format=csv", { token })).text);
    expect(first!["meter.name"]).toBe("'=cmd|' /C calc'!A0");
    const written = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\tx", "\rx", "-1", "+49", "-1.5e3", "a=1", " =1"];
    const events = written.map((external_customer_id) => ({ ...event(), external_customer_id }));
    await call("POST", "/v1/events/ingest", { token, body: { events } });
    const { text } = await call("GET", "/v1/events/?sorting=timestamp&limit=100", { token, ...CSV });
    const cells = recordsOf(text).map((record) => record["external_customer_id"]);
    expect(cells.slice(-written.length)).toEqual(["'=1+1", "'+1+1", "'-1+1", "'@SUM(1)", "'\tx", "'\rx", "-1", "+49", "-1.5e3", "a=1", " =1"]); // prettier-ignore
  });

  it("has every text and every number as they are", async ({ expect }) => {
    const texts = fc.string({ unit: fc.constantFrom("a", "é", "😀", ",", '"', "\n", "\r", ";", " ", "=", "1"), minLength: 1, maxLength: 8 }); // prettier-ignore
    // JSON has no exponent between these ranges, and integers that are not exact are refused.
    const max = Number.MAX_SAFE_INTEGER;
    const doubles = fc.oneof(
      fc.double({ min: -max, max, noNaN: true }),
      fc.double({ min: 1e21, max: 1e308, noNaN: true }),
    );
    const pairs = fc.array(fc.tuple(texts, doubles), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(pairs, async (sent) => {
        const token = await grant({ organization_id: crypto.randomUUID() });
        const events = sent.map(([external_customer_id, n]) => ({ ...event({ n }), external_customer_id }));
        await call("POST", "/v1/events/ingest", { token, body: { events } });
        const { text } = await call("GET", "/v1/events/?sorting=timestamp&limit=100", { token, ...CSV });
        const records = recordsOf(text);
        expect(records.map((record) => record["external_customer_id"]!.replace(/^'/, ""))).toEqual(sent.map(([id]) => id)); // prettier-ignore
        const numbers = records.map(({ metadata }) => JSON.parse(metadata!).n);
        expect(numbers).toEqual(sent.map(([, n]) => (n === 0 ? 0 : n)));
      }),
      { numRuns: cases() },
    );
  });

  it("has a header row where there are no items", async ({ expect }) => {
    const { text } = await call("GET", "/v1/customers/", { token: await grant(), ...CSV });
    expect(parseCsv(text)).toHaveLength(1);
  });
});

describe("group_by", () => {
  it("is a 422 where nothing can be grouped, in a query or a body; other unknown names are ignored", async ({
    expect,
  }) => {
    const { token, create } = await setUp();
    const { id } = await create();
    const paths = ["/v1/events/", "/v1/events/names", "/v1/meters/", `/v1/meters/${id}`, "/v1/customers/", "/v1/customer-meters/"]; // prettier-ignore
    for (const path of paths) {
      expect(problems(await call("GET", `${path}?group_by=model`, { token }))).toEqual(["query.group_by extra_forbidden"]); // prettier-ignore
      expect((await call("GET", `${path}?groupBy=model`, { token })).status).toBe(200);
    }
    const body = { name: "Tokens", filter: { conjunction: "and", clauses: [] }, aggregation: { func: "count" } };
    const grouped = await call("POST", "/v1/meters/", { token, body: { ...body, group_by: ["model"] } });
    expect(problems(grouped)).toEqual(["body.group_by extra_forbidden"]);
  });
});

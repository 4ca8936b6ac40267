import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, it } from "vitest";
import { listMeters } from "../../src/meters/queries.ts";
import { MeterListQuery } from "../../src/meters/schemas.ts";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { byCodePoint } from "../support/model.ts";
import { counting, execute, HOME, measuring } from "../support/stores.ts";
import { cases } from "../support/cases.ts";

type Fields = { name: string; metadata?: object; created_at?: number; archived_at?: number | null };

/** Writes meters straight into the table, so that their times can be chosen. */
async function store(organization: string, meters: Fields[]): Promise<void> {
  const rows = meters.map(({ name, metadata = {}, created_at = 1, archived_at = null }) => ({
    id: crypto.randomUUID(),
    name,
    folded: name.toUpperCase().toLowerCase(),
    metadata: JSON.stringify(metadata),
    created_at,
    archived_at,
  }));
  await execute(
    sql`INSERT INTO meters (id, organization_id, name, name_folded, unit, filter, aggregation, metadata, created_at, archived_at,
       version, definition_version, watermark)
     SELECT value ->> 'id', ${organization}, value ->> 'name', value ->> 'folded', 'scalar', '{"conjunction":"and","clauses":[]}',
       '{"func":"count"}', value ->> 'metadata', value ->> 'created_at', value ->> 'archived_at', 1, 1, 0
     FROM json_each(${JSON.stringify(rows)})`,
    organization,
  );
}

const list = async (query = "", token?: string) =>
  call("GET", `/v1/meters/?${query}`, { token: token ?? (await grant()) });
const names = async (query = "") => (await list(query)).json.items.map((meter: any) => meter.name);

describe("GET /v1/meters/", () => {
  it("answers 401 without credentials, before the query is checked", async ({ expect }) => {
    expect((await call("GET", "/v1/meters/?page=0")).status).toBe(401);
  });

  it("answers 403 to a token without a meters scope", async ({ expect }) => {
    expect((await list("", await grant({ scopes: ["events:read"] }))).status).toBe(403);
  });

  it("lists the token's organization alone, whole meters, by name in the order of code points", async ({ expect }) => {
    const token = await grant();
    const created = [];
    for (const name of ["beta", "Alpha", "éclair", "😀 m", "ﬀ m"]) {
      created.push((await call("POST", "/v1/meters/", { token, body: { ...METER, name } })).json);
    }
    await store(OTHER_ORGANIZATION, [{ name: "foreign" }]);
    const answer = await list("", token);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      items: [created[1], created[0], created[2], created[4], created[3]],
      pagination: { total_count: 5, max_page: 1 },
    });
  });

  it("is empty without meters, past the end, and for another organization's id", async ({ expect }) => {
    expect((await list()).json).toEqual({ items: [], pagination: { total_count: 0, max_page: 0 } });
    await store(ORGANIZATION, [{ name: "one" }, { name: "two" }, { name: "three" }]);
    expect((await list("page=9&limit=2")).json).toEqual({ items: [], pagination: { total_count: 3, max_page: 2 } });
    expect((await list("page=92233720368547758&limit=100")).json.pagination).toEqual({ total_count: 3, max_page: 1 });
    const foreign = await list(`organization_id=${OTHER_ORGANIZATION}`);
    expect(foreign.json).toEqual({ items: [], pagination: { total_count: 0, max_page: 0 } });
    expect(await names(`organization_id=${OTHER_ORGANIZATION}&organization_id=${ORGANIZATION}`)).toHaveLength(3);
  });

  it("finds names without regard to case in every script, and takes % and _ for themselves", async ({ expect }) => {
    const all = ["ÉCLAIR", "Straße", "ΣΊΣΥΦΟΣ", "100%", "1000", "a_b", "axb"];
    await store(ORGANIZATION, all.map((name) => ({ name }))); // prettier-ignore
    expect(await names(`query=${encodeURIComponent("éclair")}`)).toEqual(["ÉCLAIR"]);
    expect(await names("query=STRASSE")).toEqual(["Straße"]);
    expect(await names(`query=${encodeURIComponent("σίσυφος")}`)).toEqual(["ΣΊΣΥΦΟΣ"]);
    expect(await names("query=0%25")).toEqual(["100%"]);
    expect(await names("query=A_B")).toEqual(["a_b"]);
    expect(await names("query=")).toHaveLength(all.length);
  });

  it("finds metadata by the text of its values, any of a key's and all keys'", async ({ expect }) => {
    await store(ORGANIZATION, [
      { name: "number", metadata: { a: 5 } },
      { name: "text", metadata: { a: "5" } },
      { name: "boolean", metadata: { a: true, b: "x" } },
      { name: "odd", metadata: { 'k.d"t\\': "v", "": "e", "]": "z" } },
    ]);
    expect(await names("metadata[a]=5")).toEqual(["number", "text"]);
    expect(await names("metadata[a]=5&metadata[a]=true")).toEqual(["boolean", "number", "text"]);
    expect(await names("metadata[a]=5&metadata[a]=true&metadata[b]=x")).toEqual(["boolean"]);
    expect(await names("metadata[a]=5.0")).toEqual([]);
    expect(await names("metadata[a]=TRUE")).toEqual([]);
    expect(await names(`metadata[${encodeURIComponent('k.d"t\\')}]=v`)).toEqual(["odd"]);
    expect(await names("metadata[a]more=5")).toEqual(["number", "text"]);
    expect(await names("metadata[]=x&Metadata[a]=x&xmetadata[a]=x&__proto__=x")).toHaveLength(4);
    const many = Array.from({ length: 150 }, (_, i) => `metadata[a]=${i}`).join("&");
    expect(await names(many)).toEqual(["number", "text"]);
  });

  it.for([
    ["page=0", ["query.page greater_than"]],
    ["page=abc&limit=1.5", ["query.page int_parsing", "query.limit int_parsing"]],
    ["page=", ["query.page int_parsing"]],
    ["page=0&page=1", []],
    ["page=%2B1", []],
    ["page=92233720368547760&limit=100", ["query.page less_than_equal"]],
    ["limit=-1", ["query.limit greater_than"]],
    ["sorting=name&sorting=-size", ["query.sorting.1 enum"]],
    ["is_archived=maybe", ["query.is_archived bool_parsing"]],
    ["organization_id=x", ["query.organization_id.0 uuid_parsing"]],
    [`organization_id=${ORGANIZATION}&organization_id=y`, ["query.organization_id.1 uuid_parsing"]],
    ["query=a%00", ["query.query value_error"]],
    ["metadata[a]=b%00", ["query.metadata value_error"]],
  ] as [string, string[]][])("judges ?%s", async ([query, expected], { expect }) => {
    const answer = await list(query);
    expect(answer.status).toBe(expected.length === 0 ? 200 : 422);
    if (expected.length > 0) expect(problems(answer)).toEqual(expected);
  });

  it("takes an order however often it is repeated", async ({ expect }) => {
    await store(ORGANIZATION, [{ name: "a" }, { name: "b" }]);
    expect(await names(`${"sorting=-name&".repeat(300)}sorting=name`)).toEqual(["b", "a"]);
  });

  it("takes at most 100 at once, however many are asked for", async ({ expect }) => {
    await store(ORGANIZATION, Array.from({ length: 101 }, (_, i) => ({ name: `m${i}` }))); // prettier-ignore
    const answer = await list("limit=1000000000000000000000");
    expect(answer.json.items).toHaveLength(100);
    expect(answer.json.pagination).toEqual({ total_count: 101, max_page: 2 });
  });

  it("takes one round trip for page and total", async ({ expect }) => {
    const token = await grant();
    const { open, count } = counting();
    await call("GET", "/v1/meters/?query=a", { token, open });
    expect(count.trips).toBe(1);
    await call("GET", `/v1/meters/?organization_id=${OTHER_ORGANIZATION}`, { token, open });
    expect(count.trips).toBe(1);
  });

  it("reads no row of another organization, and only a page of its own except for the count", async ({ expect }) => {
    const many = Array.from({ length: 10_000 }, (_, i) => ({
      name: `meter ${String(i).padStart(5, "0")}`,
      created_at: i,
    }));
    await store(OTHER_ORGANIZATION, many);
    await store(ORGANIZATION, many);
    const read = async (query: object) => {
      const { open, cost } = measuring();
      await listMeters(open(env, HOME), MeterListQuery.parse(query));
      return cost.read;
    };
    for (const query of [{}, { sorting: ["created_at"] }, { sorting: ["-created_at"] }]) {
      expect(await read(query)).toBeLessThanOrEqual(10_070);
    }
    // A filter is evaluated once for the page and once for the total.
    expect(await read({ query: "meter 0999", page: "100" })).toBeLessThanOrEqual(20_070);
  });

  it("equals a plain model for any meters, filters, orders and pages", async ({ expect }) => {
    const word = fc.constantFrom("a", "B", "é", "É", "ab", "AB", "%", "_", "😀");
    const value = fc.constantFrom<string | number | boolean>("x", "5", 5, 1.5, true, "true", -1);
    const meter = fc.record({
      name: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join("")),
      metadata: fc.dictionary(fc.constantFrom("k", "l", "a.b"), value, { maxKeys: 2 }),
      created_at: fc.nat(3),
      archived_at: fc.constantFrom(null, 7),
    });
    const order = fc.constantFrom("name", "-name", "created_at", "-created_at");
    const query = fc.record(
      {
        query: word,
        is_archived: fc.boolean(),
        sorting: fc.array(order, { minLength: 1, maxLength: 3 }),
        metadata: fc.array(fc.tuple(fc.constantFrom("k", "l", "a.b"), value), { maxLength: 3 }),
        page: fc.integer({ min: 1, max: 4 }),
        limit: fc.integer({ min: 1, max: 7 }),
      },
      { requiredKeys: [] },
    );
    const token = await grant();
    await fc.assert(
      fc.asyncProperty(
        fc.array(meter, { maxLength: 20 }),
        fc.array(query, { minLength: 4, maxLength: 4 }),
        async (stored, queries) => {
          await execute(sql`DELETE FROM meters`);
          await store(ORGANIZATION, stored);
          const all = (await list("limit=100", token)).json.items;
          for (const asked of queries) {
            const answer = await list(toQueryString(asked), token);
            expect(answer.json).toEqual(model(all, asked));
          }
        },
      ),
      { numRuns: cases() },
    );
  });
});

type Query = {
  query?: string;
  is_archived?: boolean;
  sorting?: string[];
  metadata?: [string, string | number | boolean][];
  page?: number;
  limit?: number;
};

function toQueryString({ metadata = [], sorting = [], ...scalars }: Query): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(scalars)) query.set(name, String(value));
  for (const order of sorting) query.append("sorting", order);
  for (const [key, value] of metadata) query.append(`metadata[${key}]`, String(value));
  return query.toString();
}

/** What the contract says of a list, without SQL. */
function model(all: any[], { query, is_archived, sorting = ["name"], metadata = [], page = 1, limit = 10 }: Query) {
  const keys = new Set(metadata.map(([key]) => key));
  const found = all.filter(
    (meter) =>
      (query === undefined || meter.name.toLowerCase().includes(query.toLowerCase())) &&
      (is_archived === undefined || (meter.archived_at !== null) === is_archived) &&
      [...keys].every((key) =>
        metadata.some(
          ([name, value]) => name === key && key in meter.metadata && String(meter.metadata[key]) === String(value),
        ),
      ),
  );
  found.sort((a, b) => {
    for (const order of sorting) {
      const field = order.replace("-", "");
      const difference = byCodePoint(a[field], b[field]) * (order.startsWith("-") ? -1 : 1);
      if (difference !== 0) return difference;
    }
    return byCodePoint(a.id, b.id);
  });
  const pagination = { total_count: found.length, max_page: Math.ceil(found.length / limit) };
  return { items: found.slice((page - 1) * limit, page * limit), pagination };
}

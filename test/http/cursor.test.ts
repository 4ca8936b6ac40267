import fc from "fast-check";
import { describe, it } from "vitest";
import { cases } from "../support/cases.ts";
import { canonicalJson } from "../../src/http/idempotency.ts";
import { sha256 } from "../../src/sha256.ts";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION, problems } from "../support/api.ts";
import { measuring } from "../support/stores.ts";

const at = (minute: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + minute * 60_000).toISOString();
const LISTS = ["/v1/events/", "/v1/customers/", "/v1/customer-meters/"];

/** Reads a list to its end; `between` is done after each page. */
async function readAll(token: string, path: string, query: string, between: (page: number) => Promise<unknown>) {
  const [items, empty]: [any[], number[]] = [[], []];
  let cursor: string | null = "";
  for (let page = 0; cursor !== null; page++) {
    const { json } = await call("GET", `${path}?${query}&cursor=${encodeURIComponent(cursor)}`, { token });
    items.push(...json.items);
    if (json.items.length === 0) empty.push(page);
    cursor = json.pagination.next_cursor;
    await between(page);
  }
  return { items, empty };
}

const ingest = (token: string, minutes: number[]) => {
  const events = minutes.map((minute) => ({
    name: "gen",
    external_customer_id: "c1",
    timestamp: at(minute),
    metadata: { even: minute % 2 === 0 },
  }));
  return call("POST", "/v1/events/ingest", { token, body: { events } });
};

/** An organization's own, because events stay. */
const newToken = () => grant({ organization_id: crypto.randomUUID() });

/** Makes a cursor as the application does, which needs no secret. */
async function forge({ path, sorting }: { path: string; sorting: string }, position: unknown[]): Promise<string> {
  const metadata = path.startsWith("/v1/customer-meters") ? {} : { metadata: [] };
  const bound = await sha256(
    canonicalJson([path.slice(0, -1), ORGANIZATION, { ...metadata, sorting: [sorting] }, position]),
  );
  const bytes = new TextEncoder().encode(JSON.stringify([bound.slice(0, 16), ...position]));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

describe("A list that is read by cursors", () => {
  it("has each event of its first moment once, in order, whatever arrives meanwhile", async ({ expect }) => {
    const minutes = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 12 });
    const organizations = fc.record({
      first: minutes,
      later: fc.array(minutes, { maxLength: 4 }),
      limit: fc.integer({ min: 1, max: 5 }),
      sorting: fc.constantFrom("timestamp", "-timestamp"),
      filter: fc.constantFrom("", "&metadata[even]=true", `&start_timestamp=${at(1)}`),
    });
    await fc.assert(
      fc.asyncProperty(organizations, async ({ first, later, limit, sorting, filter }) => {
        const token = await newToken();
        await ingest(token, first);
        const before = await call("GET", `/v1/events/?sorting=${sorting}&limit=100${filter}`, { token });
        const between = (page: number) => (later[page] ? ingest(token, later[page]) : Promise.resolve());
        const { items, empty } = await readAll(
          token,
          "/v1/events/",
          `sorting=${sorting}&limit=${limit}${filter}`,
          between,
        );
        const times = items.map(({ timestamp }) => timestamp);
        expect(times).toEqual(before.json.items.map(({ timestamp }: any) => timestamp));
        expect(new Set(items.map(({ id }) => id))).toEqual(new Set(before.json.items.map(({ id }: any) => id)));
        expect(items).toHaveLength(before.json.items.length);
        expect(empty.filter((page) => page > 0)).toEqual([]);
      }),
      { numRuns: cases(1 / 2) },
    );
  });

  it("has each customer and each balance once, while others are created and deleted", async ({ expect }) => {
    const token = await newToken();
    const create = (i: number) =>
      call("POST", "/v1/customers/", { token, body: { email: `c${i}@example.com`, ...(i % 3 > 0 && { name: `N${i % 4}` }) } });
    const ids = new Set<string>();
    for (let i = 0; i < 7; i++) ids.add((await create(i)).json.id);
    for (let i = 0; i < 2; i++) await call("POST", "/v1/meters/", { token, body: METER });
    let next = 100;
    for (const sorting of ["created_at", "-created_at", "name", "-name", "email", "name&sorting=-email"]) {
      const added: string[] = [];
      const between = async () => void added.push((await create(next++)).json.id);
      const { items } = await readAll(token, "/v1/customers/", `limit=2&sorting=${sorting}`, between);
      const found = items.map(({ id }) => id);
      expect(new Set(found).size).toBe(found.length);
      expect(found.filter((id) => ids.has(id))).toHaveLength(7);
      const first = await call("GET", `/v1/customers/?limit=100&sorting=${sorting}`, { token });
      const all = first.json.items.map(({ id }: any) => id);
      expect(found).toEqual(all.filter((id: string) => found.includes(id)));
      for (const id of added) await call("DELETE", `/v1/customers/${id}`, { token });
    }
    for (const sorting of ["", "sorting=customer_name", "sorting=-customer_name", "sorting=-meter_name&sorting=customer_id", "sorting=meter_id"]) {
      const between = (page: number) => ingest(token, [page]);
      const { items } = await readAll(token, "/v1/customer-meters/", `limit=3&${sorting}`, between);
      expect(items).toHaveLength(14);
      expect(new Set(items.map(({ id }) => id)).size).toBe(14);
      const query = sorting === "" ? "sorting=-created_at" : sorting;
      const { json } = await call("GET", `/v1/customer-meters/?limit=100&${query}`, { token });
      expect(items.map(({ id }) => id)).toEqual(json.items.map(({ id }: any) => id));
    }
  }); // prettier-ignore

  it.for(LISTS)("of %s refuses a cursor of another list, other parameters, and page beside it", async (path, { expect }) => {
    const token = await grant();
    await ingest(token, [1, 2, 3]);
    for (const i of [1, 2, 3]) await call("POST", "/v1/customers/", { token, body: { email: `c${i}@example.com` } });
    await call("POST", "/v1/meters/", { token, body: METER });
    const get = (query: string, of = path) => call("GET", `${of}?${query}`, { token });
    const first = await get("limit=1&cursor=");
    expect(Object.keys(first.json.pagination)).toEqual(["next_cursor"]);
    const cursor = first.json.pagination.next_cursor;
    expect(cursor).toMatch(/^[\w-]+$/);
    expect((await get(`limit=2&cursor=${cursor}`)).json.items).toHaveLength(2);
    const refused = [`cursor=${cursor}&sorting=created_at&sorting=timestamp`, `cursor=${cursor}x`, `cursor=${cursor.slice(1)}`, "cursor=x", "cursor=%00", "cursor=e30", "cursor=WzFd", `cursor=${btoa(`["x",${2n ** 70n}]`)}`];
    for (const query of refused.slice(1)) expect(problems(await get(query))).toEqual(["query.cursor value_error"]);
    expect(problems(await get(`cursor=${cursor}&customer_id=${crypto.randomUUID()}&email=a`))).toEqual(["query.cursor value_error"]);
    for (const other of LISTS) {
      if (other !== path) expect(problems(await get(`cursor=${cursor}`, other))).toEqual(["query.cursor value_error"]);
    }
    const foreign = await call("GET", `${path}?cursor=${cursor}`, { token: await grant({ organization_id: OTHER_ORGANIZATION }) });
    expect(problems(foreign)).toEqual(["query.cursor value_error"]);
    for (const query of ["cursor=&page=1", `page=2&cursor=${cursor}`]) expect(problems(await get(query))).toEqual(["query.cursor value_error"]);
    const changed = [...atob(cursor.replaceAll("-", "+").replaceAll("_", "/"))];
    for (let place = 0; place < changed.length; place += 7) {
      const tampered = btoa(changed.with(place, changed[place] === "1" ? "2" : "1").join("")).replaceAll("+", "-").replaceAll("/", "_");
      expect(problems(await get(`cursor=${tampered}`))).toEqual(["query.cursor value_error"]);
    }
  }); // prettier-ignore

  it("refuses whatever else is sent as a cursor, its own with another position included", async ({ expect }) => {
    const token = await grant();
    await ingest(token, [1, 2, 3]);
    for (const i of [1, 2, 3]) await call("POST", "/v1/customers/", { token, body: { email: `c${i}@example.com` } });
    await call("POST", "/v1/meters/", { token, body: METER });
    const value = fc.oneof(
      fc.constantFrom(null, "", "\0", "\ud800", "x", 0, -0.5, 1e300, Number.MAX_SAFE_INTEGER),
      fc.string({ unit: "binary" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    const forged = fc.record({
      list: fc.constantFrom(
        ...["timestamp", "-timestamp"].map((sorting) => ({ path: "/v1/events/", sorting })),
        ...["created_at", "-name", "email"].map((sorting) => ({ path: "/v1/customers/", sorting })),
        ...["-created_at", "customer_name", "-meter_name"].map((sorting) => ({
          path: "/v1/customer-meters/",
          sorting,
        })),
      ),
      position: fc.array(value, { maxLength: 6 }),
    });
    const get = ({ path, sorting }: { path: string; sorting: string }, cursor: string) =>
      call("GET", `${path}?limit=1&sorting=${sorting}&cursor=${cursor}`, { token });
    await fc.assert(
      fc.asyncProperty(forged, async ({ list, position }) => {
        const { next_cursor: own } = (await get(list, "")).json.pagination;
        const [, ...ownPosition] = JSON.parse(atob(own.replaceAll("-", "+").replaceAll("_", "/")));
        expect(await forge(list, ownPosition)).toBe(own);
        const answer = await get(list, await forge(list, position));
        if (answer.status !== 200) expect(problems(answer)).toEqual(["query.cursor value_error"]);
        else expect(position).toHaveLength(ownPosition.length);
      }),
      { numRuns: cases(1) },
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary", minLength: 1 }),
      fc.base64String({ minLength: 4 }),
      fc.json().map((text) => btoa(unescape(encodeURIComponent(text)))),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...LISTS), texts, async (path, text) => {
        const answer = await call("GET", `${path}?cursor=${encodeURIComponent(text)}`, { token });
        expect(problems(answer)).toEqual(["query.cursor value_error"]);
      }),
      { numRuns: cases(1) },
    );
  });

  it("has pages whatever parameters the list has", async ({ expect }) => {
    const token = await newToken();
    await ingest(token, [1, 2, 3]);
    const { items } = await readAll(token, "/v1/events/", "limit=1&depth=1&source=user&name=gen", async () => {});
    expect(items).toHaveLength(3);
  });

  it("refuses orders that events change", async ({ expect }) => {
    const token = await grant();
    const answer = await call("GET", "/v1/customer-meters/?cursor=&sorting=meter_id&sorting=-balance", { token });
    expect(problems(answer)).toEqual(["query.sorting.1 value_error"]);
  });

  it("reads the events of a page only", async ({ expect }) => {
    const token = await grant();
    await ingest(
      token,
      Array.from({ length: 500 }, () => 1),
    );
    const read = async (query: string) => {
      const { open, cost } = measuring();
      const { json } = await call("GET", `/v1/events/?limit=5&${query}`, { token, open });
      return { read: cost.read, cursor: json.pagination.next_cursor };
    };
    // Behind them, so that only the tail of first events is read besides.
    const tail = (await read("cursor=&external_customer_id=nobody")).read;
    const { cursor } = await read("cursor=");
    expect((await read(`cursor=${cursor}`)).read).toBeLessThan(tail + 100);
  });
});

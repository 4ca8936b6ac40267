import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { BUCKET_OF_EVENT } from "../../src/engine/rollups/rollups.ts";
import { call, grant, ORGANIZATION, problems } from "../support/api.ts";
import { execute, onTransport } from "../support/stores.ts";

const EVENTS = 600_000;
const [BURST, BURST_AT] = [250_001, "2027-06-01T12:00:00Z"];
const [BEGIN, STEP] = [Date.parse("2026-01-01T00:00:00Z"), 1000];

/** A log of which c1 has every 100,000th event; two events each have the same time, and the order of times is not that of acceptance. */
async function makeLongLog(): Promise<void> {
  await execute(
    sql`INSERT INTO organizations (id, last_seq, activity_watermark) VALUES (${ORGANIZATION}, ${EVENTS}, ${EVENTS})`,
  );
  for (let from = 0; from < EVENTS; from += 100_000) {
    await execute(sql`
      WITH RECURSIVE n (i) AS (SELECT CAST(${from} AS INTEGER) + 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${from + 100_000})
      INSERT INTO events (organization_id, seq, id, name, source, timestamp, external_customer_id, metadata, ingested_at)
      SELECT ${ORGANIZATION}, i, format('%08x-%04x-4000-8000-000000000000', i >> 16, i & 65535), 'name ' || (i % 3), 'user',
        ${BEGIN} + ((i / 2) * 7919 % ${EVENTS}) * ${STEP}, CASE WHEN i % 50000 < 2 THEN 'c1' ELSE 'c' || (i % 1000 + 2) END, '{}', 0
      FROM n`);
  }
  await countEvents();
}

const COUNTED = sql`organization_id, bucket, name, source, count`;
const countEvents = () =>
  execute(sql`INSERT INTO event_counts (${COUNTED}) SELECT organization_id, ${BUCKET_OF_EVENT}, name, source, count(*) FROM events AS e
    WHERE true GROUP BY 1, 2, 3, 4 ON CONFLICT DO NOTHING`); // prettier-ignore

/** Appends more events of one quarter of an hour than one statement examines. */
async function appendBurst(): Promise<void> {
  await execute(sql`UPDATE organizations SET last_seq = ${EVENTS + BURST}, activity_watermark = ${EVENTS + BURST}`);
  await execute(sql`
    INSERT INTO events (organization_id, seq, id, name, source, timestamp, external_customer_id, metadata, ingested_at)
    SELECT organization_id, seq + ${EVENTS}, format('%08x-%04x-4000-8000-000000000000', (seq + ${EVENTS}) >> 16, (seq + ${EVENTS}) & 65535), 'burst', 'user',
      ${Date.parse(BURST_AT)} + seq % 2, 'other', '{}', 0 FROM events WHERE seq <= ${BURST}`);
  await countEvents();
}

/** Stores that keep the greatest number of rows that one transaction has read. */
function mostRead() {
  const cost = { rows: 0 };
  const open = onTransport(async (carryOut) => {
    const results = (await carryOut()) as D1Result[];
    cost.rows = Math.max(
      cost.rows,
      results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
    );
    return results as never;
  });
  return { open, cost };
}

describe("A log of 600,000 events", () => {
  it("is read in slices for one customer's events, by page and by cursor; names and other lists are counted before", async ({
    expect,
  }) => {
    await makeLongLog();
    const token = await grant();
    const { open, cost } = mostRead();
    const list = async (query: string) => {
      const { json } = await call("GET", `/v1/events/?external_customer_id=c1${query}`, { token, open });
      return { ids: json.items.map(({ id }: { id: string }) => id) as string[], ...json.pagination };
    };
    const all = await list("&limit=100");
    const expected = await execute<{ id: string }>(sql`SELECT id FROM events WHERE external_customer_id = 'c1' ORDER BY timestamp DESC, id`); // prettier-ignore
    expect(expected.length).toBeGreaterThan(20);
    expect(all).toMatchObject({ ids: expected.map(({ id }) => id), total_count: expected.length });
    expect((await list("&limit=7&page=3")).ids).toEqual(all.ids.slice(14, 21));
    expect((await list("&limit=100&sorting=timestamp&name=name 1")).ids.length).toBeLessThan(expected.length);
    const first = await list("&limit=20&cursor=");
    const second = await list(`&limit=20&cursor=${first.next_cursor}`);
    expect(new Set([...first.ids, ...second.ids])).toEqual(new Set(all.ids));
    // Reading by name and time, SQLite reads an entry and its event; a slice has 250,000.
    expect(cost.rows).toBeLessThan(600_000);
    const far = await call("GET", "/v1/events/?voided=false&page=2000", { token, open });
    expect(problems(far)).toEqual(["query scan_too_large"]);
    const narrow = await call("GET", "/v1/events/?voided=false&page=2000&start_timestamp=2026-01-06T00:00:00Z", {
      token,
    });
    expect(narrow.status).toBe(200);
    // Lists by name, source and time are counted from counts.
    cost.rows = 0;
    const get = (path: string) => call("GET", `/v1/events/${path}`, { token, open });
    const names = await get("names?sorting=-occurrences&sorting=name");
    const occurrences = names.json.items.map((each: Record<string, unknown>) => [each["name"], each["occurrences"]]);
    expect(occurrences).toEqual(["name 0", "name 1", "name 2"].map((name) => [name, EVENTS / 3]));
    const total = async (query: string) => (await get(`?limit=1&${query}`)).json.pagination.total_count;
    expect(await total("")).toBe(EVENTS);
    expect(await total("name=name 1&source=user")).toBe(EVENTS / 3);
    const [start, end] = ["2026-01-02T00:00:00.500Z", "2026-01-03T00:07:00.500Z"];
    const [{ n }] = await execute<{ n: number }>(sql`SELECT count(*) AS n FROM events WHERE timestamp > ${Date.parse(start)} AND timestamp < ${Date.parse(end)}`) as [{ n: number }]; // prettier-ignore
    expect(await total(`start_timestamp=${start}&end_timestamp=${end}`)).toBe(n);
    expect(cost.rows).toBeLessThan(20_000);
    const behind = await get("?name=name 2&limit=1&page=50000");
    const [event] = await execute(sql`SELECT id FROM events WHERE name = 'name 2' ORDER BY timestamp DESC, id LIMIT 1 OFFSET 49999`); // prettier-ignore
    expect(behind.json.items).toMatchObject([event]);
    // Where too many events are of one quarter of an hour, slices are read again.
    await appendBurst();
    expect(await total(`name=burst&end_timestamp=${BURST_AT.replace("Z", ".001Z")}`)).toBe((BURST - 1) / 2);
    expect((await get("names")).json.items[0]).toMatchObject({ name: "burst", occurrences: BURST });
    expect(cost.rows).toBeLessThan(600_000);
  });
});

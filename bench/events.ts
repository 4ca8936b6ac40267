import type { Call } from "./load.ts";
import { type Database } from "./database.ts";
import { ORGANIZATION } from "./workers.ts";

/** The start of all events: they are spread over 30 days, in quarters of an hour. */
const START = Date.parse("2026-01-01T00:00:00Z");
const QUARTERS = 30 * 96;
/** The requested range: the 30 days of the events. */
export const RANGE = {
  start_timestamp: "2026-01-01T00:00:00Z",
  end_timestamp: "2026-01-30T00:00:00Z",
  interval: "day",
};

/** The filter of all events that the bench sends. */
export const FILTER = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "ai_usage" }] };

/** Bodies of the same kind that take turns. */
const TEMPLATES = 20;
/** Where a body's own number goes: replaced in a body that is ready, because making bodies would take the time of clients. */
const PLACEHOLDER = "@@@@@@@@";

/** Makes requests that ingest events; with external_ids, none of them is sent twice. */
export function ingestCalls(count: number, { externalIds = false, customers = 100 } = {}): () => Call {
  const templates = Array.from({ length: TEMPLATES }, (_, template) => {
    const events = Array.from({ length: count }, (_event, index) => {
      const number = template * count + index;
      return {
        name: "ai_usage",
        external_customer_id: `customer ${number % customers}`,
        timestamp: new Date(START + ((number * 7) % QUARTERS) * 900_000).toISOString(),
        metadata: { model: "large", total_tokens: number % 100 },
        ...(externalIds && { external_id: `request ${PLACEHOLDER} ${index}` }),
      };
    });
    return JSON.stringify({ events });
  });
  return () => {
    const number = sent++;
    const template = templates[number % TEMPLATES]!;
    const body = externalIds ? template.replaceAll(PLACEHOLDER, String(number).padStart(8, "0")) : template;
    return { method: "POST", path: "/v1/events/ingest", body };
  };
}

/** Makes requests that ingest events of many names, one after the other. */
export function namedCalls(count: number, names: number): () => Call {
  const nextCall = ingestCalls(count);
  return () => {
    const call = nextCall();
    let number = sent * count;
    return { ...call, body: call.body!.replaceAll('"ai_usage"', () => `"name ${number++ % names}"`) };
  };
}

let sent = 0;

/** A request that creates a meter of all events that the bench sends, or of those with another name. */
export function createCall(
  aggregation: object = { func: "sum", property: "total_tokens" },
  name = "ai_usage",
  dimensions: string[] = [],
): Call {
  const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: name }] };
  return {
    method: "POST",
    path: "/v1/meters/",
    body: JSON.stringify({ name: "AI tokens", filter, aggregation, dimensions }),
  };
}

/** A request for a meter's quantities by day. */
export function quantitiesCall(id: string, more: Record<string, string> = {}): Call {
  return {
    method: "GET",
    path: `/v1/meters/${id}/quantities?${new URLSearchParams({ ...RANGE, ...more }).toString()}`,
  };
}

/** SQL: a number that is made of `seq`, and does not repeat as it does. */
const HASH = "(CAST(seq AS INTEGER) * 2654435761 / 65536)";
/** Rows that one statement inserts. */
const INSERT_ROWS = 50_000;

/**
 * Appends events with SQL, much faster than through the API, and without catching up: after it, they are the tail.
 * Columns that it does not know are left to be null.
 * @param options.names 1: the name of FILTER; more: `name 0`, `name 1`, …
 * @param options.models 1: `large`; more: `model 0`, `model 1`, …, independent of the time and the customer
 * @param options.users 1: none; more: `0`, `1`, …, at random
 */
export async function appendEvents(
  db: Database,
  count: number,
  { customers = 100, names = 1, models = 1, users = 1 } = {},
): Promise<void> {
  const user = users === 1 ? "" : `, 'user', abs(random()) % ${users}`;
  const known: Record<string, string> = {
    organization_id: `'${ORGANIZATION}'`,
    seq: "seq",
    id: "format('%08x-%04x-4000-8000-', seq >> 16, seq & 65535) || lower(hex(randomblob(6)))",
    name: names === 1 ? "'ai_usage'" : `'name ' || CAST(seq % ${names} AS INTEGER)`,
    source: "'user'",
    timestamp: `${START} + (seq % ${QUARTERS}) * 900000`,
    external_customer_id: `'customer ' || CAST(seq % ${customers} AS INTEGER)`,
    external_id: "'appended ' || seq",
    metadata: `json_object('model', ${models === 1 ? "'large'" : `'model ' || CAST(${HASH} % ${models} AS INTEGER)`}, 'total_tokens', seq % 100, 'value', 'v' || seq${user})`,
    ingested_at: `${START}`,
  };
  const columns = await db.run<{ name: string }>({ sql: "PRAGMA table_info(events)" });
  const used = columns.map(({ name }) => name).filter((name) => name in known);
  for (let left = count; left > 0; left -= INSERT_ROWS) {
    const rows = Math.min(left, INSERT_ROWS);
    await db.run(
      {
        sql: `INSERT INTO organizations (id, last_seq, activity_watermark) VALUES (?1, ?2, 0)
          ON CONFLICT (id) DO UPDATE SET last_seq = last_seq + ?2`,
        params: [ORGANIZATION, rows],
      },
      {
        sql: `WITH RECURSIVE numbers (seq, last) AS (
            SELECT last_seq - ?2 + 1, last_seq FROM organizations WHERE id = ?1
            UNION ALL SELECT seq + 1, last FROM numbers WHERE seq < last
          )
          INSERT INTO events (${used.join(", ")}) SELECT ${used.map((name) => known[name]).join(", ")} FROM numbers`,
        params: [ORGANIZATION, rows],
      },
    );
  }
}

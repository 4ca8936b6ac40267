import type { Answer, Asked } from "./endpoint.ts";

/** An event as it is stored. Its id begins with its number, so that no index by id is needed. */
export type EventRow = Record<"id" | "name" | "source" | "external_customer_id" | "metadata", string> & {
  timestamp: number;
};

const COLUMNS = "id, name, source, timestamp, external_customer_id, metadata";

/** A stored event as JSON; its metadata is JSON already. */
export function present(organization: string, row: EventRow): string {
  const rest = JSON.stringify({
    id: row.id,
    timestamp: new Date(row.timestamp).toISOString(),
    organization_id: organization,
    customer_id: null,
    customer: null,
    external_customer_id: row.external_customer_id,
    child_count: 0,
    parent_id: null,
    label: row.name,
    name: row.name,
    source: row.source,
  });
  return `${rest.slice(0, -1)},"metadata":${row.metadata}}`;
}

type Sent = Record<"name" | "timestamp" | "external_customer_id", string> & { external_id?: string; metadata: object };

/** Advances last_seq and inserts all events with one json_each, in one round trip; an external_id counts once. */
export async function ingest({ db, organization, request }: Asked): Promise<Answer> {
  const { events } = await request.json<{ events: Sent[] }>();
  const rows = events.map(({ name, timestamp, external_customer_id, external_id, metadata }) => [
    name,
    Date.parse(timestamp),
    external_customer_id,
    external_id ?? null,
    metadata,
  ]);
  const now = Date.now();
  const [, inserted] = await db.batch([
    db
      .prepare(
        `INSERT INTO organizations (id, last_seq, activity_watermark) VALUES (?1, ?2, 0)
        ON CONFLICT (id) DO UPDATE SET last_seq = last_seq + excluded.last_seq`,
      )
      .bind(organization, rows.length),
    db
      .prepare(
        `INSERT INTO events (organization_id, seq, id, name, source, timestamp, external_customer_id, external_id,
          metadata, ingested_at)
        SELECT ?1, seq, format('%08x-%04x-', seq >> 16, seq & 65535) || ?5, value ->> 0, 'user', value ->> 1, value ->> 2,
          value ->> 3, value -> 4, ?3
        FROM (
          SELECT (SELECT last_seq FROM organizations WHERE id = ?1) - ?2 + 1 + key AS seq, value FROM json_each(?4)
        ) WHERE true ON CONFLICT DO NOTHING`,
      )
      .bind(organization, rows.length, now, JSON.stringify(rows), crypto.randomUUID().slice(14)),
  ]);
  const { changes } = inserted!.meta;
  return { status: 200, json: JSON.stringify({ inserted: changes, duplicates: rows.length - changes }) };
}

/** One SELECT by primary key, which the id contains. */
export async function getEvent({ db, organization, id }: Asked): Promise<Answer> {
  const row = await db
    .prepare(`SELECT ${COLUMNS} FROM events WHERE organization_id = ? AND seq = ?`)
    .bind(organization, Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
    .first<EventRow>();
  return { status: 200, json: present(organization, row!) };
}

/** A page by the index of times, and a count, in one round trip. */
export async function listEvents({ db, organization, query }: Asked): Promise<Answer> {
  const limit = Number(query.get("limit") ?? 10);
  const [page, counted] = await db.batch<EventRow & { total: number }>([
    db
      .prepare(`SELECT ${COLUMNS} FROM events WHERE organization_id = ? ORDER BY timestamp DESC LIMIT ?`)
      .bind(organization, limit),
    db.prepare("SELECT count(*) AS total FROM events WHERE organization_id = ?").bind(organization),
  ]);
  const { total } = counted!.results[0]!;
  const items = page!.results.map((row) => present(organization, row));
  const pagination = JSON.stringify({ total_count: total, max_page: Math.ceil(total / limit) });
  return { status: 200, json: `{"items":[${items.join()}],"pagination":${pagination}}` };
}

type NameRow = { name: string; source: string; occurrences: number; first_seen: number; last_seen: number };

/** All events grouped by name, once. */
export async function listNames({ db, organization }: Asked): Promise<Answer> {
  const { results } = await db
    .prepare(
      `SELECT name, source, count(*) AS occurrences, min(timestamp) AS first_seen, max(timestamp) AS last_seen
      FROM events WHERE organization_id = ? GROUP BY name, source ORDER BY last_seen DESC`,
    )
    .bind(organization)
    .all<NameRow>();
  const items = results.map(({ first_seen, last_seen, ...row }) => ({
    ...row,
    label: row.name,
    first_seen: new Date(first_seen).toISOString(),
    last_seen: new Date(last_seen).toISOString(),
  }));
  const pagination = { total_count: results.length, max_page: Math.ceil(results.length / 10) };
  return { status: 200, json: JSON.stringify({ items, pagination }) };
}

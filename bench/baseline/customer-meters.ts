import type { Answer, Asked } from "./endpoint.ts";

const TOTAL = `SELECT t.sum FROM customers AS c
  LEFT JOIN meter_totals AS t ON t.meter_id = ?2 AND t.customer = 'ext:' || c.external_id AND t.since = 0
  WHERE c.id = ?3 AND c.organization_id = ?1`;

type Consumed = { customer_id: string; meter_id: string; event: { name: string; metadata: object } };

/** Appends one event and reads one row of totals in one round trip; it decides nothing. */
export async function consume({ db, organization, request }: Asked): Promise<Answer> {
  const { customer_id, meter_id, event } = await request.json<Consumed>();
  const now = Date.now();
  const id = crypto.randomUUID();
  const [, , totals] = await db.batch<{ sum: number | null }>([
    db.prepare("UPDATE organizations SET last_seq = last_seq + 1 WHERE id = ?1").bind(organization),
    db
      .prepare(
        `INSERT INTO events (organization_id, seq, id, name, source, timestamp, customer_id, metadata, ingested_at)
        SELECT ?1, last_seq, ?2, ?3, 'user', ?4, ?5, ?6, ?4 FROM organizations WHERE id = ?1`,
      )
      .bind(organization, id, event.name, now, customer_id, JSON.stringify(event.metadata)),
    db.prepare(TOTAL).bind(organization, meter_id, customer_id),
  ]);
  return { status: 200, json: present(customer_id, meter_id, totals!.results[0]!.sum ?? 0, id) };
}

/** Reads one row of totals. */
export async function check({ db, organization, query }: Asked): Promise<Answer> {
  const [customer, meter] = [query.get("customer_id")!, query.get("meter_id")!];
  const row = await db.prepare(TOTAL).bind(organization, meter, customer).first<{ sum: number | null }>();
  return { status: 200, json: present(customer, meter, row!.sum ?? 0) };
}

function present(customer_id: string, meter_id: string, sum: number, event?: string): string {
  const time = new Date().toISOString();
  const balance = { consumed_units: sum, credited_units: 0, balance: -sum, held_units: 0 };
  const customer_meter = { id: crypto.randomUUID(), created_at: time, modified_at: time, customer_id, meter_id, ...balance }; // prettier-ignore
  const stored = event === undefined ? {} : { event: { id: event, result: "inserted" } };
  return JSON.stringify({ allowed: true, ...stored, required: 1, available: -sum, customer_meter });
}

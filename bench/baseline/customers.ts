import type { Answer, Asked } from "./endpoint.ts";

type CustomerRow = { id: string; email: string; name: string | null; external_id: string; created_at: number };
type TotalRow = { meter_id: string; created_at: number; sum: number; last_event_at: number };

const timeOf = (time: number) => new Date(time).toISOString();

/** A customer by id, and its total of each meter by primary key, in one round trip; nothing is above a watermark. */
export async function readState({ db, organization, id }: Asked): Promise<Answer> {
  const customer = "SELECT * FROM customers WHERE id = ?1 AND organization_id = ?2";
  const [found, totals] = await db.batch<CustomerRow & TotalRow>([
    db.prepare(customer).bind(id, organization),
    db
      .prepare(
        `SELECT m.id AS meter_id, m.created_at, t.sum, t.last_event_at
        FROM customers AS c CROSS JOIN meters AS m ON m.organization_id = c.organization_id
        CROSS JOIN meter_totals AS t ON t.meter_id = m.id AND t.customer = 'ext:' || c.external_id AND t.since = 0
        WHERE c.id = ?1 AND c.organization_id = ?2 ORDER BY m.created_at`,
      )
      .bind(id, organization),
  ]);
  const { email, name, external_id, created_at } = found!.results[0]!;
  const active_meters = totals!.results.map((row) => ({
    id: crypto.randomUUID(),
    created_at: timeOf(row.created_at),
    modified_at: timeOf(row.last_event_at),
    meter_id: row.meter_id,
    consumed_units: row.sum,
    credited_units: 0,
    balance: -row.sum,
  }));
  const state = { id, created_at: timeOf(created_at), email, name, external_id, organization_id: organization };
  return { status: 200, json: JSON.stringify({ ...state, active_subscriptions: [], active_meters }) };
}

import { type EventRow, present } from "./events.ts";
import type { Answer, Asked } from "./endpoint.ts";

const QUARTER = 900_000;
const DAY = 86_400_000;

type Found = { day: number; quantity: number };

/** The rollups of the range, by day, of a meter that belongs to the organization: sums of all customers. */
export async function readQuantities({ db, organization, id, query }: Asked): Promise<Answer> {
  const [start, end] = [Date.parse(query.get("start_timestamp")!), Date.parse(query.get("end_timestamp")!)];
  const { results } = await db
    .prepare(
      `SELECT r.bucket / 96 AS day, sum(r.sum) AS quantity
      FROM meters AS m CROSS JOIN meter_rollups AS r ON r.meter_id = m.id
      WHERE m.id = ?1 AND m.organization_id = ?2 AND r.customer = '' AND r.bucket >= ?3 AND r.bucket < ?4 GROUP BY 1`,
    )
    .bind(id, organization, start / QUARTER, (end + DAY) / QUARTER)
    .all<Found>();
  return { status: 200, json: JSON.stringify(rowsOf(start, end, results)) };
}

/** The events of the range grouped by day, and the first ten of them, in one round trip. */
export async function previewMeter({ db, organization, request }: Asked): Promise<Answer> {
  const body = await request.json<{ start_timestamp: string; end_timestamp: string; filter: { clauses: any[] } }>();
  const [start, end] = [Date.parse(body.start_timestamp), Date.parse(body.end_timestamp)];
  const where = "organization_id = ?1 AND timestamp >= ?2 AND timestamp < ?3 AND name = ?4";
  const values = [organization, start, end + DAY, body.filter.clauses[0].value];
  const [days, first] = await db.batch<Found & EventRow>([
    db
      .prepare(
        `SELECT timestamp / ${DAY} AS day, sum(metadata ->> '$.total_tokens') AS quantity
        FROM events WHERE ${where} GROUP BY 1`,
      )
      .bind(...values),
    db.prepare(`SELECT * FROM events WHERE ${where} ORDER BY timestamp, seq LIMIT 10`).bind(...values),
  ]);
  const events = first!.results.map((row) => present(organization, row));
  const quantities = JSON.stringify(rowsOf(start, end, days!.results));
  return { status: 200, json: `${quantities.slice(0, -1)},"events":[${events.join()}]}` };
}

/** One row per day, also for days without events. */
function rowsOf(start: number, end: number, found: Found[]) {
  const byDay = new Map(found.map(({ day, quantity }) => [day, quantity]));
  const quantities = [];
  let total = 0;
  for (let time = start; time <= end; time += DAY) {
    const quantity = byDay.get(time / DAY) ?? 0;
    total += quantity;
    quantities.push({ timestamp: new Date(time).toISOString(), quantity });
  }
  return { quantities, total };
}

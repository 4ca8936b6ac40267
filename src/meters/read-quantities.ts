import type { Database } from "../db/client.ts";
import { PolarRequestValidationError, ResourceNotFound, ServiceUnavailable } from "../errors.ts";
import { daysBetween, type Interval } from "../time/interval.ts";
import { compile } from "./definition.ts";
import { computeQuantities, type Quantities } from "./quantities.ts";
import type { QuantitiesQuery } from "./quantities-sql.ts";
import { findMeter, toDefinition } from "./queries.ts";
import type { MeterQuantitiesQuery } from "./schemas.ts";

/** How often a meter is read again because its definition changed meanwhile. */
const ATTEMPTS = 5;
/** The first instant that can be asked for: 2023-01-01 UTC. */
const EARLIEST = Date.UTC(2023, 0, 1);
/** Days that may lie between the local dates of start and end. */
const MOST_DAYS: Record<Interval, number> = { hour: 7, day: 366, week: 371, month: 1460, year: 3650 };

/**
 * Reads a meter's quantities: two round trips, and again when the definition changed between them.
 * @throws ResourceNotFound, PolarRequestValidationError when the range is too long, ServiceUnavailable
 */
export async function readQuantities(
  db: Database,
  organizationId: string,
  id: string,
  asked: MeterQuantitiesQuery,
): Promise<Quantities> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const row = await findMeter(db, organizationId, id);
    if (row === null) throw new ResourceNotFound();
    const query = toQuery(asked, ["query"]);
    // Rollups know nothing of metadata: a condition on it is answered from the events of the range.
    const source = query.metadata.length > 0 ? "scan" : { rollupsOf: row.id, definitionVersion: row.definitionVersion };
    const found = await computeQuantities(db, organizationId, compile(toDefinition(row)), query, source);
    if (found !== null) return found;
  }
  throw new ServiceUnavailable(new Error(`the definition changed ${ATTEMPTS} times while quantities were read`));
}

/**
 * Checks the range of a request and brings it into the form that computeQuantities takes.
 * @throws PolarRequestValidationError at `place`
 */
export function toQuery(asked: MeterQuantitiesQuery, place: string[]): QuantitiesQuery {
  const { start_timestamp: start, end_timestamp: end, interval, timezone } = asked;
  const problem = rangeProblem(start, end, interval, timezone);
  if (problem !== null) throw new PolarRequestValidationError([{ type: "value_error", loc: place, msg: problem }]);
  return {
    start,
    end,
    interval,
    timezone,
    // Until there is a customers resource no event has a customer_id.
    customers: asked.customer_id === undefined ? asked.external_customer_id : [],
    metadata: asked.metadata,
    customerFunction: asked.customer_aggregation_function,
  };
}

function rangeProblem(start: number, end: number, interval: Interval, timezone: string): string | null {
  if (start > end) return "start_timestamp should not be after end_timestamp.";
  if (start < EARLIEST) return "start_timestamp should not be before 2023-01-01.";
  const most = MOST_DAYS[interval];
  if (daysBetween(start, end, timezone) <= most) return null;
  return `With the interval ${interval} at most ${most} days may lie between the two dates.`;
}

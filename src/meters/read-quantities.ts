import type { Database } from "../db/client.ts";
import { PolarRequestValidationError, ServiceUnavailable } from "../errors.ts";
import { daysBetween, type Interval } from "../time/interval.ts";
import { compile } from "./definition.ts";
import { computeQuantities, type Quantities, rangeOf } from "./quantities.ts";
import type { QuantitiesQuery } from "./quantities-sql.ts";
import { requireMeter, toDefinition } from "./queries.ts";
import { requireAffordableScan, scanCostOf } from "./scan-cost.ts";
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
    const row = await requireMeter(db, organizationId, id);
    const query = toQuery(asked, ["query"]);
    const definition = toDefinition(row);
    // Rollups do not have the metadata: a condition on it is answered from the events of the range.
    const isScan = query.metadata.length > 0;
    if (isScan) {
      const cost = scanCostOf(definition, query.metadata);
      await requireAffordableScan(db, organizationId, cost, rangeOf(query), 1, ["query"]);
    }
    const source = isScan ? "scan" : { rollupsOf: row.id, definitionVersion: row.definitionVersion };
    const found = await computeQuantities(db, organizationId, compile(definition), query, source);
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
  if (start < EARLIEST) {
    const msg = "start_timestamp should not be before 2023-01-01T00:00:00Z.";
    throw new PolarRequestValidationError([{ type: "value_error", loc: [...place, "start_timestamp"], msg }]);
  }
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
  const most = MOST_DAYS[interval];
  if (daysBetween(start, end, timezone) <= most) return null;
  return `With the interval ${interval}, the two dates can be at most ${most} days apart.`;
}

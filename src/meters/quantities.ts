import { sql } from "drizzle-orm";
import { InvalidFields, ServiceUnavailable } from "../errors.ts";
import { hasAlertsOn } from "../engine/rollups/watched.ts";
import { compile, type Definition } from "../engine/definition/definition.ts";
import { forgetMeter, type KnownMeter, recallMeter, rememberMeter } from "../engine/reading/known-meters.ts";
import { computeQuantities, type Quantities } from "../engine/reading/quantities.ts";
import type { QuantitiesQuery } from "../engine/reading/quantities-sql.ts";
import { sourceOf } from "../engine/reading/sources.ts";
import { requireAffordableScan, scanCostOf } from "../engine/definition/scan-cost.ts";
import { type RowInterval, windowOf } from "../engine/reading/window.ts";
import type { Store } from "../store/store.ts";
import { daysBetween } from "../time/interval.ts";
import { groupsOf, type GroupsQuery, type NamedGroups } from "./groups.ts";
import { onlyMeter, selectMeter } from "./queries.ts";
import type { MeterQuantitiesQuery } from "./schemas.ts";

/** How often a meter is read at most if its definition keeps changing. */
const MAX_READ_ATTEMPTS = 5;
/** The earliest possible start: 2023-01-01 UTC, as in Polar's API. */
const EARLIEST = Date.UTC(2023, 0, 1);
/** The maximum number of days between the local dates of start and end; ten years have at most 3,653. */
const MAX_DAYS: Record<RowInterval, number> = { hour: 7, day: 366, week: 371, month: 1460, year: 3650, total: 3653 };

/**
 * Reads a meter's quantities: one round trip if its definition is cached, else two; again if the definition has changed.
 * @param check throws when the meter's definition does not allow the request
 * @throws ResourceNotFound, InvalidFields when the range is too long, ServiceUnavailable
 */
export async function readQuantities(
  store: Store,
  id: string,
  requested: MeterQuantitiesQuery,
  check?: (definition: Definition) => void,
): Promise<ReadQuantities> {
  for (let attempt = 1; attempt <= MAX_READ_ATTEMPTS; attempt++) {
    const { meter, source } = await meterFor(store, id, requested);
    const { definition } = meter;
    check?.(definition);
    const query = {
      ...toQuantitiesQuery(requested),
      tailCost: attempt === 1 ? scanCostOf(definition, requested.metadata) : undefined,
    };
    // The edges of an exact range are not whole buckets, so their events are scanned.
    for (const range of source === "scan" ? [query.window.range] : (query.window.edges ?? [])) {
      await requireAffordableScan(store, scanCostOf(definition, query.metadata), range);
    }
    const groups = await groupsOf(store, definition, query, source, requested);
    const found = await computeQuantities(store, compile(definition), query, source, groups.statements);
    if (found !== null) {
      const { quantities, total, also, eventsFrom } = found;
      return { answer: { quantities, total, ...groups.read(also[0]) }, eventsFrom };
    }
    forgetMeter(store, id);
  }
  throw new ServiceUnavailable(
    new Error(`the definition changed ${MAX_READ_ATTEMPTS} times while quantities were read`),
  );
}

/** Finds a meter, possibly in the cache, and where the requested quantities come from. */
async function meterFor(store: Store, id: string, requested: MeterQuantitiesQuery) {
  const asked = { metadata: requested.metadata, customerFunction: requested.customer_aggregation_function };
  const remembered = recallMeter(store, id);
  const source = remembered && sourceOf(remembered, asked);
  // A scan does not notice that the definition has changed, so it needs the current one.
  if (remembered !== undefined && source !== undefined && source !== "scan") return { meter: remembered, source };
  const meter = await knowMeter(store, id);
  return { meter, source: sourceOf(meter, asked) };
}

async function knowMeter(store: Store, id: string): Promise<KnownMeter> {
  const [rows, [alerts]] = await store.read([
    selectMeter(store.organizationId, id),
    sql<{ is_watched: number }>`SELECT ${hasAlertsOn(sql`${id}`)} AS is_watched`,
  ]);
  return rememberMeter(store, onlyMeter(rows), alerts!.is_watched === 1);
}

/** Quantities, and the time from which they include all events, if older ones were requested. */
export type ReadQuantities = { answer: Quantities & Partial<NamedGroups>; eventsFrom: number | null };

/**
 * Checks the range of a request and converts the request for computeQuantities.
 * @throws InvalidFields
 */
export function toQuantitiesQuery(
  requested: Omit<MeterQuantitiesQuery, "format" | keyof GroupsQuery>,
): QuantitiesQuery {
  const { start_timestamp: start, end_timestamp: end, interval, timezone } = requested;
  if (start < EARLIEST) {
    const msg = "start_timestamp should not be before 2023-01-01T00:00:00Z.";
    throw new InvalidFields([{ type: "value_error", field: ["start_timestamp"], msg }]);
  }
  const problem = rangeProblem(start, end, interval, timezone);
  if (problem !== null) throw new InvalidFields([{ type: "value_error", field: [], msg: problem }]);
  return {
    window: windowOf({ start, end, interval, timezone }),
    customers: { ids: requested.customer_id, externalIds: requested.external_customer_id },
    metadata: requested.metadata,
    customerFunction: requested.customer_aggregation_function,
  };
}

function rangeProblem(start: number, end: number, interval: RowInterval, timezone: string): string | null {
  if (start > end) return "start_timestamp should not be after end_timestamp.";
  const most = MAX_DAYS[interval];
  if (daysBetween(start, end, timezone) <= most) return null;
  return `With the interval ${interval}, the two dates can be at most ${most} days apart.`;
}

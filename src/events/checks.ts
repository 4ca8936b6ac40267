import { PolarRequestValidationError, type Problem } from "../errors.ts";
import type { Filter } from "../meters/filter.ts";
import { codePoints } from "../schema/text.ts";
import type { EventCreate, EventListQuery } from "./schemas.ts";

/**
 * Refuses events that name another organization, or a customer: without a customers resource none is known.
 * @throws PolarRequestValidationError with a problem for each
 */
export function checkEvents(events: EventCreate[], organizationId: string): void {
  const problems = events.flatMap((event, index): Problem[] => {
    const found: Problem[] = [];
    const loc = ["body", "events", index];
    if (event.organization_id != null && event.organization_id !== organizationId) {
      const msg = "The token belongs to another organization. Omit organization_id, or send the token's own.";
      found.push({ type: "organization_token", loc: [...loc, "organization_id"], msg, input: event.organization_id });
    }
    if (event.customer_id !== undefined) {
      const msg = "No customer has this id. Send external_customer_id instead.";
      found.push({ type: "customer_id", loc: [...loc, "customer_id"], msg, input: event.customer_id });
    }
    return found;
  });
  if (problems.length > 0) throw new PolarRequestValidationError(problems);
}

/**
 * Refuses a search that is too broad: it needs an organization and three characters.
 * @throws PolarRequestValidationError
 */
export function checkSearch({ query, organization_id }: Pick<EventListQuery, "query" | "organization_id">): void {
  if (query === undefined) return;
  const loc = ["query", "query"];
  if (organization_id === undefined) {
    const msg = "A search by name needs an organization_id.";
    throw new PolarRequestValidationError([{ type: "value_error", loc, msg, input: query }]);
  }
  if (codePoints(query) >= 3) return;
  const msg = "A search by name needs at least 3 characters.";
  throw new PolarRequestValidationError([{ type: "query", loc, msg, input: query }]);
}

/** Clauses that fit into one statement of 100 KB, however they are written. */
const MOST_CLAUSES = 300;

/**
 * Refuses a filter that is too long to be combined with a meter's own.
 * @throws PolarRequestValidationError
 */
export function checkTogether(filter: Filter | undefined, meter: Filter | undefined): void {
  if (filter === undefined || meter === undefined || countClauses(filter) + countClauses(meter) <= MOST_CLAUSES) return;
  const msg = `With the meter's own clauses there are more than ${MOST_CLAUSES}. Send fewer, or leave meter_id out.`;
  throw new PolarRequestValidationError([{ type: "too_long", loc: ["query", "filter"], msg }]);
}

function countClauses({ clauses }: Filter): number {
  return clauses.reduce((count, part) => count + ("clauses" in part ? countClauses(part) : 1), 0);
}

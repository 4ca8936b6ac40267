import { InvalidFields } from "../errors.ts";
import { type Definition, findDefinition } from "../engine/definition/definition.ts";
import { countClauses, type Filter } from "../engine/definition/filter.ts";
import { MAX_STATEMENT_CLAUSES } from "../store/limits.ts";
import type { Position } from "../wire/query.ts";
import type { Store } from "../store/store.ts";
import { codePoints } from "../wire/text.ts";
import { listCounted } from "./list-counted.ts";
import { presentEvent } from "./present.ts";
import { listEvents } from "./queries.ts";
import type { EventListQuery } from "./schemas.ts";

/** The minimum number of code points in a search by name. */
const MIN_SEARCH_LENGTH = 3;

/**
 * Reads the definition of the named meter, and checks what the schemas cannot.
 * @returns null when no meter is named
 * @throws InvalidFields
 */
export async function requireListable(store: Store, query: EventListQuery): Promise<Definition | null> {
  requireNarrowSearch(query);
  const { meter_id, filter } = query;
  if (meter_id === undefined) return null;
  const definition = await findDefinition(store, meter_id);
  if (definition === null) {
    const msg = "No meter in your organization has this id.";
    throw new InvalidFields([{ type: "meter_id", field: ["meter_id"], msg, input: meter_id }]);
  }
  if (filter !== undefined) requireOneStatement(filter, definition.filter);
  return definition;
}

/** Reads a page of events as the API returns them. */
export async function readEvents(
  store: Store,
  query: EventListQuery,
  meter: Definition | null,
  after?: Position | null,
) {
  const counted = after === undefined ? await listCounted(store, query) : null;
  const { rows, ...page } = counted ?? (await listEvents(store, query, meter, after));
  return { items: await Promise.all(rows.map((row) => presentEvent(store.organizationId, row))), ...page };
}

/** A search needs an organization and three characters, as in Polar's API. */
function requireNarrowSearch({ query, organization_id }: EventListQuery): void {
  if (query === undefined) return;
  const field = ["query"];
  if (organization_id === undefined) {
    const msg = "A search by name requires an organization_id.";
    throw new InvalidFields([{ type: "value_error", field, msg, input: query }]);
  }
  if (codePoints(query) >= MIN_SEARCH_LENGTH) return;
  const msg = `A search by name requires at least ${MIN_SEARCH_LENGTH} characters.`;
  throw new InvalidFields([{ type: "query", field, msg, input: query }]);
}

/** Requires that a filter and the meter's own filter fit into one statement. */
function requireOneStatement(filter: Filter, meter: Filter): void {
  if (countClauses(filter) + countClauses(meter) <= MAX_STATEMENT_CLAUSES) return;
  const msg = `With the meter's own clauses there are more than ${MAX_STATEMENT_CLAUSES}. Send fewer, or leave meter_id out.`;
  throw new InvalidFields([{ type: "too_long", field: ["filter"], msg }]);
}

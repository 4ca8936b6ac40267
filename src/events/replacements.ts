import { type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { findUnknownCustomers } from "../customers/known.ts";
import { type FieldProblem, InvalidFields } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { events } from "../store/tables.ts";
import { type Outcome, duplicateOf, selectStored, type StoredEvent } from "./append.ts";
import { type NewEvent, toParts } from "./event-json.ts";
import { unknownCustomers } from "./ingest.ts";

// Events that take the place of voided ones. They are stored only together with a void, so a repetition, which has nothing
// to void, stores none.

const e = alias(events, "e");
const fieldOf = (index: number): FieldProblem["field"] => ["replacements", index];

/** Writes replacements as JSON, as for an ingestion. */
export const toReplacementParts = (replacements: NewEvent[]) => toParts(replacements, fieldOf);

const externalIdsOf = (replacements: NewEvent[]) => replacements.map(({ external_id }) => external_id);

/** The ids of customers that replacements name. */
export const customerIdsOf = (replacements: NewEvent[]) => [
  ...new Set(replacements.flatMap(({ customer_id: id }) => id ?? [])),
];

/** Selects the indexes of those replacements whose external_id an event has, and whether that is voided. */
function selectTaken(organizationId: string, replacements: NewEvent[]) {
  return sql<{ index: number; is_voided: number }>`
    SELECT sent.key AS "index", ${e.voided_at} IS NOT NULL AS is_voided FROM json_each(${JSON.stringify(externalIdsOf(replacements))}) AS sent
    CROSS JOIN ${events} AS ${e} ON ${e.organization_id} = ${organizationId} AND ${e.external_id} = sent.value`;
}

/** True while no event has the external_id of a replacement. */
export function areFree(organizationId: string, replacements: NewEvent[]): SQL {
  return replacements.length === 0 ? sql`true` : sql`NOT EXISTS (${selectTaken(organizationId, replacements)})`;
}

function taken(indexes: Iterable<number>, replacements: NewEvent[], msg: string): InvalidFields {
  return new InvalidFields(
    [...indexes].map((index) => {
      const input = replacements[index]!.external_id;
      return {
        type: "value_error",
        field: [...fieldOf(index), ...(input === null ? [] : ["external_id"])],
        msg,
        input,
      };
    }),
  );
}

const TAKEN = "An event has this external_id, maybe a voided one. A replacement needs another one.";

/**
 * Requires that replacements can be stored.
 * @throws InvalidFields at `replacements`
 */
export async function requireNew(store: Store, replacements: NewEvent[]): Promise<void> {
  if (replacements.length === 0) return;
  const own = externalIdsOf(replacements);
  const [found] = await store.read([selectTaken(store.organizationId, replacements)]);
  const repeated = own.flatMap((id, index) => (id !== null && own.indexOf(id) < index ? [index] : []));
  const indexes = new Set([...found.map(({ index }) => index), ...repeated]);
  if (indexes.size > 0) throw taken(indexes, replacements, TAKEN);
  const ids = customerIdsOf(replacements);
  const unknown = ids.length === 0 ? new Set<string>() : await findUnknownCustomers(store, ids);
  if (unknown.size > 0) throw unknownCustomers(replacements, unknown, fieldOf);
}

/**
 * Requires that replacements are stored already, as an earlier request with the same events has stored them.
 * @throws InvalidFields at `replacements`, because others would have to be ingested
 */
export async function requireStored(store: Store, replacements: NewEvent[]): Promise<Outcome[]> {
  if (replacements.length === 0) return [];
  const { organizationId } = store;
  const parts = toReplacementParts(replacements);
  const [found, ...stored] = await store.read([
    selectTaken(organizationId, replacements),
    ...parts.map((part) => selectStored(organizationId, part)),
  ]);
  const outcomes = new Map((stored.flat() as StoredEvent[]).map((each) => [each.index, duplicateOf(each.index, each)]));
  const isVoided = new Set(found.filter(({ is_voided }) => is_voided === 1).map(({ index }) => index));
  const missing = [...replacements.keys()].filter((index) => outcomes.get(index)?.result !== "duplicate" || isVoided.has(index)); // prettier-ignore
  if (missing.length > 0) throw taken(missing, replacements, MISSING);
  return [...outcomes.values()].toSorted((a, b) => a.index - b.index);
}

const MISSING =
  "All events of this request are voided already, and this replacement is not stored as it was sent. If it is still to be stored, ingest it.";

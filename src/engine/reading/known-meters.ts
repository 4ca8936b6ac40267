import { sql } from "drizzle-orm";
import { ServiceUnavailable } from "../../errors.ts";
import type { Rows, Statement, Store } from "../../store/store.ts";
import type { meters } from "../../store/tables.ts";
import type { BalanceMeter } from "./balances.ts";
import { BoundedMap } from "../../bounded-map.ts";
import { definitionOf } from "../definition/definition.ts";

/** A meter of the organization, as balances need it. Times are milliseconds since 1970 UTC. */
export type KnownMeter = BalanceMeter & { created_at: number; archived_at: number | null; isWatched?: boolean };

type MeterColumns = Pick<
  typeof meters.$inferSelect,
  "id" | "definition_version" | "filter" | "aggregation" | "created_at" | "archived_at"
> & { dimensions?: string | null };

/**
 * A cache of meters: all of an organization under its id, single ones under both ids. Statements compiled from it check in
 * the same snapshot that it is current, so correctness does not depend on it.
 */
const KNOWN = new BoundedMap<KnownMeter[]>(20_000_000);
/** The maximum bytes of definitions in an entry, and the fixed size of an entry. */
const [MAX_BYTES, ENTRY_BYTES] = [200_000, 1000];
const MAX_ATTEMPTS = 5;

/**
 * Runs statements that are compiled for all of the organization's meters, archived ones included: one round trip if they are
 * cached, else two. All rows are from one snapshot, in which the meters are as given.
 * @throws ServiceUnavailable when other requests keep changing meters
 */
export async function readWithMeters<const S extends readonly Statement[]>(
  store: Store,
  statementsFor: (meters: KnownMeter[]) => S,
): Promise<{ meters: KnownMeter[]; rows: Rows<S> }> {
  const { organizationId } = store;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const remembered = KNOWN.get(organizationId);
    const known = remembered ?? (await readMeters(store));
    let statements: S;
    try {
      statements = statementsFor(known);
    } catch (error) {
      // Outdated meters in the cache may be the reason for the refusal, so it is repeated with current ones.
      if (remembered === undefined) throw error;
      KNOWN.delete(organizationId);
      continue;
    }
    const [[check], ...rows] = await store.read([areCurrent(organizationId, known), ...statements]);
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- tsc cannot take the first element from Rows
    if ((check as { are_current: number }).are_current === 1) return { meters: known, rows: rows as Rows<S> };
    KNOWN.delete(organizationId);
  }
  throw new ServiceUnavailable(1);
}

async function readMeters(store: Store): Promise<KnownMeter[]> {
  const [rows] = await store.read([
    sql<MeterColumns>`SELECT id, definition_version, filter, aggregation, created_at, archived_at
      FROM meters WHERE organization_id = ${store.organizationId} ORDER BY created_at, id`,
  ]);
  return remember(store.organizationId, rows);
}

function remember(key: string, rows: MeterColumns[], isWatched = false): KnownMeter[] {
  const found = rows.map(({ id, definition_version, created_at, archived_at, ...stored }) => {
    return { id, definition_version, definition: definitionOf(stored), created_at, archived_at, isWatched };
  });
  const bytes = rows.reduce((sum, { filter, aggregation }) => sum + filter.length + aggregation.length, 0);
  if (bytes <= MAX_BYTES) KNOWN.set(key, found, ENTRY_BYTES + bytes);
  return found;
}

const keyOf = ({ organizationId }: Store, id: string) => `${organizationId} ${id}`;

/** Returns a meter from the cache, if it is there; the caller must compare its definition_version. */
export function recallMeter(store: Store, id: string): KnownMeter | undefined {
  return KNOWN.get(keyOf(store, id))?.[0];
}

/**
 * Adds a meter to the cache.
 * @param isWatched whether alerts watch it; a new alert changes the definition_version
 */
export function rememberMeter(store: Store, row: MeterColumns, isWatched: boolean): KnownMeter {
  return remember(keyOf(store, row.id), [row], isWatched)[0]!;
}

/** Removes a meter whose definition has changed from the cache. */
export function forgetMeter(store: Store, id: string): void {
  KNOWN.delete(keyOf(store, id));
}

/** Selects whether these are exactly the organization's meters, with the same definitions. */
function areCurrent(organizationId: string, known: KnownMeter[]): Statement<{ are_current: number }> {
  const read = known.map(({ id, definition_version, archived_at }) => [id, definition_version, archived_at]);
  return sql`
    SELECT (SELECT count(*) FROM meters WHERE organization_id = ${organizationId}) = ${known.length} AND NOT EXISTS (
      SELECT 1 FROM json_each(${JSON.stringify(read)}) AS read LEFT JOIN meters AS m
        ON m.id = read.value ->> 0 AND m.organization_id = ${organizationId}
        AND m.definition_version = read.value ->> 1 AND m.archived_at IS read.value ->> 2
      WHERE m.id IS NULL
    ) AS are_current`;
}

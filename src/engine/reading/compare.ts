import { type SQL, sql } from "drizzle-orm";
import { addTriggers, CHANGES, changesSql } from "../rollups/alerts.ts";
import { Conflict } from "../../errors.ts";
import type { Store } from "../../store/store.ts";
import type { meters } from "../../store/tables.ts";
import { definitionOf } from "../definition/definition.ts";
import { type BalanceMeter, balancesSql } from "./balances.ts";
import { partsOf } from "./meter-parts.ts";

/** Whose alerts are evaluated, on which meters, and when: milliseconds since 1970 UTC. */
type Compared = {
  organizationId: string;
  meters: readonly BalanceMeter[];
  /** A SELECT of the id and the external key, or NULL, of each undeleted customer. */
  customers: SQL;
  now: number;
};

/**
 * The statements that evaluate alerts for some customers: each balance as it is in the transaction, compared with the one
 * before. They come after whatever changes a balance. What changes credited units or identities also needs them before it,
 * because that changes the earlier balance too.
 */
export function compareBalances(compared: Compared): SQL[] {
  const { organizationId, now } = compared;
  return tablesOf(compared, CHANGES).flatMap((tables) => [
    ...addTriggers(tables, organizationId, now),
    remember(organizationId, tables),
  ]);
}

/** The same for new customers, before they are stored: events that they had before are compared with no events. */
export function compareFirst(compared: Compared): SQL[] {
  const { organizationId, now } = compared;
  return tablesOf(compared, FIRST_CHANGES).flatMap((tables) => [
    ...addTriggers(tables, organizationId, now),
    remember(organizationId, tables),
  ]);
}

const FIRST_CHANGES = changesSql(sql`
      SELECT b.meter_id, b.customer_id, 0, 0, b.consumed_units, b.credited_units FROM balances AS b
      WHERE b.modified_at IS NOT NULL`);

/** The statements after a reset, which triggers nothing: what is past a threshold then counts as reached. */
export function acceptBalances(compared: Compared): SQL[] {
  return tablesOf(compared, CHANGES).map((tables) => remember(compared.organizationId, tables));
}

/** The events that the balance at the watermark does not have. */
const AFTER = { is: sql`e.seq > k.watermark` };

/** The tables of a WITH clause that end with `changes`, for each part of the meters. */
function tablesOf({ organizationId, meters, customers }: Compared, changes: SQL): SQL[] {
  return partsOf(meters).map(
    (part) => sql`compared (id, external_key) AS MATERIALIZED (${customers}),
    ${balancesSql(organizationId, part, sql`compared`, { candidate: AFTER })}, ${changes}`,
  );
}

function remember(organizationId: string, tables: SQL): SQL {
  const seq = sql`coalesce((SELECT last_seq FROM organizations WHERE id = ${organizationId}), 0)`;
  return sql`WITH ${tables}
    INSERT INTO compared_balances (meter_id, customer_id, seq, consumed_units, credited_units)
    SELECT meter_id, customer_id, ${seq}, consumed_to, credited_to FROM changes WHERE true
    ON CONFLICT (meter_id, customer_id) DO UPDATE
      SET seq = excluded.seq, consumed_units = excluded.consumed_units, credited_units = excluded.credited_units`;
}

/** Attempts after which alerts have changed each time. */
const MAX_ATTEMPTS = 5;

/**
 * Carries out a transaction on which alerts on any meter may depend: first as if there were none, which costs organizations
 * without alerts nothing, then with the meters that alerts watch.
 * @param act returns null when its condition `areCurrent` was not met, and nothing was written
 * @throws Conflict when others changed alerts each time
 */
export async function withWatchedMeters<T>(
  store: Store,
  act: (watched: BalanceMeter[], areCurrent: SQL) => Promise<T | null>,
): Promise<T> {
  const { organizationId } = store;
  let watched: BalanceMeter[] = [];
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const result = await act(watched, areWatched(organizationId, watched));
    if (result !== null) return result;
    watched = await readWatched(store);
  }
  throw new Conflict("Other requests kept changing alerts, or what the customer has used. Repeat the request.");
}

const watchedIds = (organizationId: string) =>
  sql`(SELECT meter_id FROM alerts WHERE organization_id = ${organizationId} AND enabled = 1)`;

/** Reads the meters that alerts watch. */
export async function readWatched(store: Store): Promise<BalanceMeter[]> {
  const { organizationId } = store;
  const [rows] = await store.read([
    sql<Pick<typeof meters.$inferSelect, "id" | "definition_version" | "filter" | "aggregation">>`
      SELECT id, definition_version, filter, aggregation FROM meters WHERE id IN ${watchedIds(organizationId)} ORDER BY id`,
  ]);
  return rows.map(({ id, definition_version, ...stored }) => ({
    id,
    definition_version,
    definition: definitionOf(stored),
  }));
}

/** True when these are the meters that alerts watch, with the same definitions. */
export function areWatched(organizationId: string, watched: BalanceMeter[]): SQL {
  const read = JSON.stringify(watched.map(({ id, definition_version }) => [id, definition_version]));
  const ids = watchedIds(organizationId);
  return sql`(
    (SELECT count(DISTINCT meter_id) FROM ${ids}) = ${watched.length} AND NOT EXISTS (
      SELECT 1 FROM json_each(${read}) AS read LEFT JOIN meters AS m
        ON m.id = read.value ->> 0 AND m.definition_version = read.value ->> 1 AND m.id IN ${ids}
      WHERE m.id IS NULL
    )
  )`;
}

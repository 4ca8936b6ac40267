import { exists, getTableColumns, notExists, type SQL, sql } from "drizzle-orm";
import { AVAILABLE, customerOf, type Place, selectStanding, type Standing, standingTables, withMeter } from "../customer-meters/standing.ts"; // prettier-ignore
import type { PairRef } from "../customer-meters/schemas.ts";
import { db, rowIf } from "../store/db.ts";
import { type Idempotency, selectAnswer, type StoredAnswer } from "../store/idempotency.ts";
import type { Statement, Store } from "../store/store.ts";
import { holds, idempotency_keys, meters } from "../store/tables.ts";
import { parseJson } from "../wire/json.ts";
import { isNamed } from "./queries.ts";
import type { HoldCreate } from "./schemas.ts";

/** What is to be held: the output of the schema, without the customer. */
export type Wanted = Pick<HoldCreate, "units" | "expires_in" | "minimum_balance" | "metadata">;

/** A hold that was made, or made before with the same idempotency key. */
type Times = { id: string; created_at: number; expires_at: number };

/** The result: `hold` is null when it was denied. */
export type Created = { hold: Times | null; standing: Standing; isReplayed: boolean };

/**
 * Holds units if at least `minimum_balance` is available without them: one transaction, which can be repeated. A denial is
 * not kept with the idempotency key.
 * @param now milliseconds since 1970 UTC
 * @returns null when the idempotency key was used for another request
 * @throws InvalidFields when customer or meter are unknown
 */
export async function createHold(
  store: Store,
  ref: PairRef,
  wanted: Wanted,
  idempotency: Idempotency | null,
  now: number,
): Promise<Created | null> {
  const times = { id: crypto.randomUUID(), created_at: now, expires_at: now + wanted.expires_in };
  const replay = (stored: Omit<StoredAnswer, "is_own">) =>
    ({ created: stored.fingerprint === idempotency!.fingerprint ? readKept(stored.answer, times.id) : null }); // prettier-ignore
  const act = async (meter: Place["meter"], budget: number | null) => {
    const place = { organizationId: store.organizationId, customer: customerOf(ref), meter, now };
    const statements = holdStatements(place, budget, ref, wanted, times, idempotency);
    const results = await store.write(statements, { repeat: statements });
    const [stored] = idempotency === null ? [] : (results[2]!.rows as StoredAnswer[]);
    if (stored !== undefined) return replay(stored);
    const [standing] = results.at(-1)!.rows as (Standing & { is_held: number })[];
    if (standing === undefined) return null;
    return { created: { hold: standing.is_held === 1 ? times : null, standing, isReplayed: false } };
  };
  const kept = idempotency === null ? null : { key: idempotency.key, answer: replay };
  return (await withMeter(store, ref, act, kept)).created;
}

/** The statements of a hold: they store it if it is allowed, and the answer with the key, and select how the customer stands then. */
function holdStatements(
  place: Place,
  budget: number | null,
  ref: PairRef,
  wanted: Wanted,
  times: Times,
  idempotency: Idempotency | null,
): Statement[] {
  const { organizationId: organization_id, now } = place;
  const isHeld = exists(db.select({ id: holds.id }).from(holds).where(isNamed(organization_id, times.id)));
  const standing = sql`WITH ${standingTables(place, { budget })}${selectStanding(place, sql`, ${isHeld} AS is_held`)}`;
  const row = {
    ...times,
    organization_id,
    customer_id: sql`p.customer_id`,
    external_customer_id: ref.customer_id == null ? ref.external_customer_id! : null,
    meter_id: sql`p.meter_id`,
    units: wanted.units,
    metadata: JSON.stringify(wanted.metadata),
    status: "open" as const,
    modified_at: null,
    ends_at: times.expires_at,
    event_id: null,
    settlement: null,
    settlement_timestamp: null,
  };
  const hold = (isNew: SQL) => {
    const isAllowed = sql`${AVAILABLE} - ${wanted.units} >= ${wanted.minimum_balance} AND ${isNew}`;
    const tables = sql`WITH ${standingTables(place, { budget }, times.id)}`;
    const insert = db.insert(holds).select(sql`${tables} ${rowIf(holds, row, isAllowed, sql`standing AS p`)}`);
    return insert.onConflictDoNothing();
  };
  if (idempotency === null) return [hold(sql`true`), standing];
  const { key, fingerprint } = idempotency;
  const ofKey = selectAnswer({ organization_id, key });
  const customer_id = sql`(SELECT customer_id FROM holds WHERE id = ${times.id})`;
  const kept = { organization_id, key, fingerprint, answer: keptSql(times, standing), created_at: now, customer_id };
  const keep = db.insert(idempotency_keys).select(rowIf(idempotency_keys, kept, isHeld));
  return [hold(notExists(ofKey)), keep.onConflictDoNothing(), ofKey, standing];
}

/** The columns of a Standing, in parts: D1 allows 32 arguments of a function. */
const COLUMNS: string[][] = [
  Object.keys(getTableColumns(meters)),
  ["customer_id", "consumed_units", "credited_units", "balance", "held_units", "available", "pair_created_at", "pair_modified_at"], // prettier-ignore
];

/** What a key keeps of an answer: the hold, and how the customer stood then. */
function keptSql(times: Times, standing: SQL): SQL {
  const parts = COLUMNS.map((names) => sql`json_array(${sql.raw(names.join(", "))})`);
  // Without ||, the customer would be JSON in some versions of SQLite, and text in others.
  return sql`(SELECT json_array(json(${JSON.stringify(times)}), customer || '', ${sql.join(parts, sql`, `)}) FROM (${standing}))`;
}

function readKept(answer: string, ownId: string): Created {
  const [hold, customer, ...parts] = parseJson(answer) as [Times, string, ...unknown[][]];
  const columns = COLUMNS.flatMap((names, part) => names.map((name, at) => [name, parts[part]![at]]));
  const standing = { customer, ...Object.fromEntries(columns) } as Standing;
  return { hold, standing, isReplayed: hold.id !== ownId };
}

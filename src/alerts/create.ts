import { and, eq, ne, type SQL, sql } from "drizzle-orm";
import { InvalidFields, type FieldProblem } from "../errors.ts";
import { changeVersion } from "../store/change-version.ts";
import { db, rowIf } from "../store/db.ts";
import { type Idempotency, insertWithKey, selectAnswer, type StoredAnswer } from "../store/idempotency.ts";
import type { Statement, Store } from "../store/store.ts";
import { alerts } from "../store/tables.ts";
import { GAP, splitAtGaps } from "../wire/json-text.ts";
import {
  type AlertMeter,
  alreadyReached,
  aroundChange,
  catchUpAlmost,
  isCustomer,
  selectAlertMeter,
} from "./change.ts";
import { presentAlert } from "./present.ts";
import type { AlertRow } from "./queries.ts";
import type { AlertCreate } from "./schemas.ts";

/** The maximum number of alerts of an organization. */
const MAX_ALERTS = 100;

/**
 * Creates an alert, or finds the one that its idempotency key created before. It triggers nothing by itself: what is past a
 * threshold counts as reached.
 * @param now milliseconds since 1970 UTC
 * @returns the alert as JSON, exactly the first answer on a replay; null when the key was used for another request
 * @throws InvalidFields when meter or customer are unknown, or there are too many alerts; Conflict when others keep changing the
 *   meter; ServiceUnavailable when it is too far behind
 */
export async function createAlert(
  store: Store,
  alert: AlertCreate,
  idempotency: Idempotency | null,
  now: number,
): Promise<{ answer: string; isReplayed: boolean } | null> {
  const row = newAlert(store.organizationId, alert, now);
  const created = await changeVersion("meter", async () => {
    const found = await findMeterOf(store, row, idempotency?.key ?? null);
    if ("answer" in found) return { stored: { ...found, is_own: 0 } };
    if (await catchUpAlmost(store, found)) return null;
    return insert(store, row, found, idempotency, now);
  });
  const { answer, fingerprint, is_own } = created.stored;
  if (idempotency !== null && fingerprint !== idempotency.fingerprint) return null;
  return { answer, isReplayed: is_own === 0 };
}

function newAlert(organization_id: string, { thresholds, enabled, ...alert }: AlertCreate, now: number): AlertRow {
  return {
    ...alert,
    id: crypto.randomUUID(),
    organization_id,
    thresholds: JSON.stringify(thresholds),
    enabled: enabled ? 1 : 0,
    created_at: now,
    modified_at: null,
    version: 1,
  };
}

/** SQL: true if an alert can be stored; a repeated creation may have stored it already. */
const hasRoom = ({ organization_id, id }: AlertRow) =>
  sql`(SELECT count(*) FROM ${alerts} WHERE ${and(eq(alerts.organization_id, organization_id), ne(alerts.id, id))}) < ${MAX_ALERTS}`;

/** Reads the meter of a new alert, or the stored answer of the key. */
async function findMeterOf(
  store: Store,
  row: AlertRow,
  key: string | null,
): Promise<AlertMeter | Omit<StoredAnswer, "is_own">> {
  const { organizationId } = store;
  const { meter_id, customer_id } = row;
  const [[meter], [stored], [state]] = await store.read([
    selectAlertMeter(organizationId, meter_id),
    // No key is the empty string.
    selectAnswer({ organization_id: organizationId, key: key ?? "" }),
    sql<{ is_customer: number; has_room: number }>`SELECT ${isCustomer(organizationId, customer_id)} AS is_customer,
      ${hasRoom(row)} AS has_room`,
  ]);
  if (stored !== undefined) return stored;
  const problems = [
    ...(meter === undefined ? [unknown("meter_id", "meter", meter_id)] : []),
    ...(state!.is_customer === 0 ? [unknown("customer_id", "customer", customer_id)] : []),
    ...(state!.has_room === 0 ? [{ type: "too_many", field: [], msg: TOO_MANY }] : []),
  ];
  if (problems.length > 0) throw new InvalidFields(problems);
  return meter!;
}

const unknown = (field: string, resource: string, input: unknown): FieldProblem => ({
  type: field,
  field: [field],
  msg: `No ${resource} in your organization has this id.`,
  input,
});

const TOO_MANY = `An organization can have at most ${MAX_ALERTS} alerts. Delete one first.`;

type Stored = { stored: Pick<StoredAnswer, "answer" | "is_own"> & { fingerprint: string | null } };

/** @returns null when the meter, the customer or the number of alerts has changed since they were read */
async function insert(
  store: Store,
  row: AlertRow,
  meter: AlertMeter,
  idempotency: Idempotency | null,
  now: number,
): Promise<Stored | null> {
  const { organizationId } = store;
  const { before, isReady, after } = aroundChange(organizationId, meter, row.id, now);
  const condition = and(isReady, isCustomer(organizationId, row.customer_id), hasRoom(row))!;
  const answer = answerSql(row, sql`coalesce(${alreadyReached(organizationId, meter, row)}, 'null')`);
  const inserts: Statement[] =
    idempotency === null
      ? [
          sql`SELECT ${answer} AS answer, NULL AS fingerprint, 1 AS is_own WHERE ${condition}`,
          db.insert(alerts).select(rowIf(alerts, row, condition)).onConflictDoNothing(),
        ]
      : [...insertWithKey(alerts, row, { ...idempotency, organization_id: organizationId, answer, created_at: now }, condition)]; // prettier-ignore
  // A repetition after a lost answer finds the meter changed, and is tried again with the same id.
  const statements = [...before, ...inserts, ...after];
  const results = await store.write(statements, { repeat: statements });
  const [stored] = results[before.length + (idempotency === null ? 0 : 2)]!.rows as Stored["stored"][];
  return stored === undefined ? null : { stored };
}

/** The answer as JSON, around the number of customers that have reached a threshold. */
function answerSql(row: AlertRow, reached: SQL): SQL {
  const [start, end] = splitAtGaps({ ...presentAlert(row), already_reached: GAP as never });
  return sql`${start} || ${reached} || ${end}`;
}

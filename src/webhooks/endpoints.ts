import { and, eq, type SQL, sql } from "drizzle-orm";
import { Conflict, InvalidFields, ResourceNotFound } from "../errors.ts";
import { asDeliveries } from "../outbox/put.ts";
import { TEST } from "../outbox/types.ts";
import { db, rowIf } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { webhook_deliveries as d, webhook_endpoints as w, webhook_events as e } from "../store/tables.ts";
import { writeJson } from "../wire/json-text.ts";
import { formatTime } from "../wire/timestamp.ts";
import { type EndpointCreate, type EndpointUpdate, MAX_ENDPOINTS } from "./schemas.ts";
import { newSecret } from "./sign.ts";
import { urlProblem } from "./url.ts";

/** An endpoint as it is stored. */
export type EndpointRow = typeof w.$inferSelect;

const isNamed = (organizationId: string, id: string) => and(eq(w.organization_id, organizationId), eq(w.id, id));

/** Refuses a URL that webhooks may not be sent to: @throws InvalidFields */
function requireUrl(url: string, env: object): void {
  const msg = urlProblem(url, env);
  if (msg !== null) throw new InvalidFields([{ type: "value_error", field: ["url"], msg, input: url }]);
}

/** Returns the endpoint that was selected: @throws ResourceNotFound when there was none */
function onlyEndpoint(rows: unknown[]): EndpointRow {
  if (rows.length === 0) throw new ResourceNotFound("No webhook endpoint in your organization has this id.");
  return rows[0] as EndpointRow;
}

/** Reads one page of an organization's endpoints, oldest first, and counts them all: one round trip. */
export async function listEndpoints(
  store: Store,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: EndpointRow[]; total: number }> {
  const where = eq(w.organization_id, store.organizationId);
  const [rows, [counted]] = await store.read([
    db.select().from(w).where(where).orderBy(w.created_at, w.id).limit(limit).offset(offset),
    sql<{ total: number }>`SELECT count(*) AS total FROM ${w} WHERE ${where}`,
  ]);
  return { rows, total: counted!.total };
}

/** Reads an endpoint: @throws ResourceNotFound */
export async function findEndpoint(store: Store, id: string): Promise<EndpointRow> {
  const [rows] = await store.read([db.select().from(w).where(isNamed(store.organizationId, id))]);
  return onlyEndpoint(rows);
}

/**
 * Creates an endpoint with a new secret.
 * @param env has the variables that decide about URLs
 * @param now milliseconds since 1970 UTC
 * @throws InvalidFields at a URL that is not allowed; Conflict when the organization has as many as it may
 */
export async function createEndpoint(
  store: Store,
  { url, name = null, events }: EndpointCreate,
  env: object,
  now: number,
): Promise<EndpointRow> {
  requireUrl(url, env);
  const row: EndpointRow = {
    organization_id: store.organizationId,
    id: crypto.randomUUID(),
    url,
    name,
    secret: newSecret(),
    events: JSON.stringify(events),
    enabled: 1,
    created_at: now,
    modified_at: null,
    is_healthy: 0,
    failures: 0,
    lease: null,
    leased_until: 0,
  };
  const hasRoom = sql`(SELECT count(*) FROM ${w} WHERE ${w.organization_id} = ${row.organization_id}) < ${MAX_ENDPOINTS}`;
  const insert = db
    .insert(w)
    .select(rowIf(w, row, hasRoom))
    .onConflictDoNothing();
  const find = db.select({ id: w.id }).from(w).where(isNamed(row.organization_id, row.id));
  const results = await store.write([insert, find], { repeat: [insert, find] });
  if (results.at(-1)!.rows.length > 0) return row;
  throw new Conflict(`The organization has ${MAX_ENDPOINTS} webhook endpoints. Delete one first.`);
}

/**
 * Changes an endpoint. Enabled again, it begins anew: failures before do not count.
 * @throws ResourceNotFound; InvalidFields at a URL that is not allowed
 */
export async function updateEndpoint(
  store: Store,
  id: string,
  { url, name, events, enabled }: EndpointUpdate,
  env: object,
  now: number,
): Promise<EndpointRow> {
  if (url != null) requireUrl(url, env);
  return change(store, id, {
    ...(url != null && { url }),
    ...(name !== undefined && { name }),
    ...(events != null && { events: JSON.stringify(events) }),
    ...(enabled != null && { enabled: Number(enabled), failures: sql`iif(${w.enabled}, ${w.failures}, 0)` }),
    modified_at: now,
  });
}

/** Gives an endpoint a new secret; the old one signs nothing any more. @throws ResourceNotFound */
export function resetSecret(store: Store, id: string, now: number): Promise<EndpointRow> {
  return change(store, id, { secret: newSecret(), modified_at: now });
}

type Changes = { [K in keyof EndpointRow]?: EndpointRow[K] | SQL };

async function change(store: Store, id: string, changes: Changes): Promise<EndpointRow> {
  const where = isNamed(store.organizationId, id);
  const statements = [db.update(w).set(changes).where(where), db.select().from(w).where(where)];
  const results = await store.write(statements, { repeat: statements });
  return onlyEndpoint(results.at(-1)!.rows);
}

/** Deletes an endpoint; what was not delivered to it yet is not sent any more. @throws ResourceNotFound */
export async function deleteEndpoint(store: Store, id: string): Promise<void> {
  const [deleted] = await store.write([db.delete(w).where(isNamed(store.organizationId, id))]);
  if (deleted!.changes === 0) onlyEndpoint([]);
}

/**
 * Puts a test into the outbox, which is sent to one endpoint, once.
 * @returns the endpoint's row
 * @throws ResourceNotFound; Conflict when the endpoint is disabled
 */
export async function putTest(store: Store, id: string, now: number): Promise<void> {
  const { organizationId: organization_id } = store;
  const eventId = crypto.randomUUID();
  const payload = writeJson({ type: TEST, timestamp: formatTime(now), data: {} });
  const isEnabled = sql`${isNamed(organization_id, id)} AND ${w.enabled}`;
  const event = { organization_id, id: eventId, type: TEST, customer_id: null, extra: null, payload, created_at: now, modified_at: now, archived_at: null }; // prettier-ignore
  const delivery = { seq: sql`NULL`, organization_id, event_id: eventId, endpoint_id: id, attempts: 0, next_attempt_at: 0, succeeded: null, skipped: 0, last_http_code: null }; // prettier-ignore
  const statements = [
    db.select().from(w).where(isNamed(organization_id, id)),
    db
      .insert(e)
      .select(rowIf(e, event, isEnabled, sql`${w}`))
      .onConflictDoNothing(),
    asDeliveries(
      db
        .insert(d)
        .select(rowIf(d, delivery, isEnabled, sql`${w}`))
        .onConflictDoNothing(),
    ),
  ];
  const [found] = await store.write(statements, { repeat: statements });
  if (onlyEndpoint(found!.rows).enabled === 0) throw new Conflict("The webhook endpoint is disabled. Enable it first.");
}

import { sql } from "drizzle-orm";
import { append } from "../../src/events/append.ts";
import { exportEvents } from "../../src/export/export-events.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { retain } from "../../src/retention/retain.ts";
import type { Store } from "../../src/store/store.ts";
import { execute } from "./stores.ts";

/** When the events of these tests were accepted: long enough ago that they can be deleted. */
export const ACCEPTED = Date.parse("2026-02-01T00:00:00Z");
/** The day of the old events, and the midnight before which events are deleted. */
export const OLD = Date.parse("2026-01-01T00:00:00Z");
export const BEFORE = Date.parse("2026-01-10T00:00:00Z");

/** A sufficient budget on a stopped clock, so that the size of transactions does not depend on the machine. */
export function enough(): Budget {
  const now = Date.now();
  return new Budget({ statements: 1000 }, () => now);
}

type Sent = {
  name?: string;
  timestamp?: number;
  customer_id?: string | null;
  external_customer_id?: string | null;
  external_id?: string;
  v?: unknown;
};

/** Appends events of customer c1, or of another one. */
export async function send(store: Store, events: Sent[], now = ACCEPTED): Promise<void> {
  const rows = events.map(({ v = 1, ...event }) => ({
    name: "gen",
    timestamp: OLD,
    customer_id: null,
    external_customer_id: event.customer_id === undefined ? "c1" : null,
    external_id: null,
    parent_id: null,
    metadata: { v },
    ...event,
  }));
  await append(store, rows, { source: "user", compare: false, now });
}

/** Makes a number of equal events. */
export const many = (count: number, event: Sent = {}) => Array.from({ length: count }, () => event);

/** Catches everything up, exports it if there is a bucket, then deletes what is older than BEFORE. */
export async function catchUpAndRetain(store: Store, bucket: R2Bucket | null = null, before = BEFORE) {
  await catchUp(store, enough());
  if (bucket !== null) await exportEvents(store, bucket, enough());
  return retain(store, { before, isExported: bucket !== null }, enough());
}

/** The numbers of the stored events, and the organization's events_from. */
export async function kept(store: Store) {
  const ofOrganization = sql`organization_id = ${store.organizationId}`;
  const events = await execute<{ seq: number }>(
    sql`SELECT seq FROM events WHERE ${ofOrganization} ORDER BY seq`,
    store.organizationId,
  );
  const [organization] = await execute<{ events_from: number | null }>(
    sql`SELECT events_from FROM organizations WHERE id = ${store.organizationId}`,
    store.organizationId,
  );
  return { seqs: events.map(({ seq }) => seq), eventsFrom: organization?.events_from ?? null };
}

/** Every column of the organization's events, in their order. */
export const rowsOf = ({ organizationId }: Store) =>
  execute(sql`SELECT * FROM events WHERE organization_id = ${organizationId} ORDER BY seq`, organizationId);

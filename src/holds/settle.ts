import { and, eq, exists, isNull, notExists, type SQL, sql } from "drizzle-orm";
import { check } from "../customer-meters/check.ts";
import { type Consumed, consumedOf, judge, selectIfMore } from "../customer-meters/consume.ts";
import { Conflict } from "../errors.ts";
import { catchUpIfExpensive, type Lag, selectLag } from "../engine/reading/affordable.ts";
import { type KnownMeter, rememberMeter } from "../engine/reading/known-meters.ts";
import type { Owner } from "../engine/rollups/customer-key.ts";
import { isStoredAs, newCandidate } from "../events/append-if.ts";
import type { NewEvent } from "../events/event-json.ts";
import type { MeterRow } from "../meters/queries.ts";
import { ofCustomer, putWebhookEvents, selectIsWanted } from "../outbox/put.ts";
import { retry } from "../retry.ts";
import { db } from "../store/db.ts";
import type { Statement, Store } from "../store/store.ts";
import { customers, events, holds, meters } from "../store/tables.ts";
import { type HoldRow, isNamed, onlyHold, selectHold } from "./queries.ts";

/** What settles a hold: an event without a customer, which the hold has, and the fingerprint of what was sent except the timestamp. */
export type Settlement = { event: Omit<NewEvent, "customer_id" | "external_customer_id">; fingerprint: string };

/** A settled hold, and what its event came to. */
export type Settled = Omit<Consumed, "outcome"> & { hold: HoldRow; event: NonNullable<Consumed["outcome"]> };

/**
 * Settles a hold: its event, which is never denied, and its end are one transaction. When the outcome is unknown that is
 * repeated, and finds by the event's id what the earlier attempt did. The same settlement again writes nothing.
 * @param now milliseconds since 1970 UTC
 * @throws ResourceNotFound; InvalidFields when the meter does not count the event; Conflict when the hold has ended otherwise
 */
export async function settleHold(store: Store, id: string, settlement: Settlement, now: number): Promise<Settled> {
  const settled = await retry({ attempts: 10, pause: 0 }, async () => {
    const { hold, meter, customer, behind, is_watched, isWanted } = await readHold(store, id);
    if (hold.status === "released") throw new Conflict("The hold was released, so it can't be settled.");
    if (hold.status === "open") {
      const known = rememberMeter(store, meter, is_watched === 1);
      await catchUpIfExpensive(store, { customer: customer!, meter: known }, behind);
      return settleOpen(store, hold, known, settlement, now, isWanted);
    }
    if (!isSame(hold, settlement)) throw new Conflict("The hold was settled by another event.");
    const { customer_id, meter_id } = hold;
    const standing = await check(store, { customer_id, meter_id }, now);
    return {
      hold,
      event: { index: 0, id: hold.event_id!, result: "duplicate" as const },
      required: 0,
      standing,
      lastSeq: 0,
      isWatched: false,
    };
  });
  if (settled !== null) return settled;
  throw new Conflict("Other requests kept changing this hold, or its meter. Repeat the request.");
}

/** An absent timestamp is the same as any. */
function isSame({ settlement, settlement_timestamp: stored }: HoldRow, { fingerprint, event }: Settlement): boolean {
  const { timestamp: sent } = event;
  return settlement === fingerprint && (stored === null || sent === null || stored === sent);
}

async function readHold(
  store: Store,
  id: string,
): Promise<{ hold: HoldRow; meter: MeterRow; customer: Owner | undefined; isWanted: boolean } & Lag> {
  const { organizationId } = store;
  const named = isNamed(organizationId, id);
  const of = (column: typeof holds.meter_id | typeof holds.customer_id) =>
    db.select({ id: sql<string>`${column}`.as("id") }).from(holds).where(named); // prettier-ignore
  const [found, [meter], [customer], [lag], wanted] = await store.read([
    selectHold(organizationId, id),
    db
      .select()
      .from(meters)
      .where(eq(meters.id, of(holds.meter_id))),
    db.select({ id: customers.id, external_id: customers.external_id, generation: customers.generation }).from(customers).where(and(eq(customers.id, of(holds.customer_id)), isNull(customers.deleted_at))), // prettier-ignore
    selectLag(organizationId, sql`(${of(holds.meter_id)})`),
    selectIsWanted(organizationId),
  ]);
  const hold = onlyHold(found);
  if (customer === undefined && hold.status !== "released")
    throw new Conflict("The customer of this hold was deleted.");
  return { hold, meter: meter!, customer, ...lag!, isWanted: wanted.length > 0 };
}

/** @returns null when the hold or the meter is no longer as it was read */
async function settleOpen(
  store: Store,
  hold: HoldRow,
  meter: KnownMeter,
  settlement: Settlement,
  now: number,
  isWanted: boolean,
): Promise<Settled | null> {
  const { organizationId } = store;
  const { external_customer_id } = hold;
  const customer_id = external_customer_id === null ? hold.customer_id : null;
  const event = { ...settlement.event, customer_id, external_customer_id };
  const candidate = newCandidate(store, event, now);
  const isOpen = and(isNamed(organizationId, hold.id), sql`${holds.status} = 'open'`);
  const judging = {
    place: { organizationId, customer: { id: hold.customer_id }, meter, now },
    candidate,
    isAllowed: () => exists(db.select({ id: holds.id }).from(holds).where(isOpen)),
    except: hold.id,
  };
  const isStored = isStoredAs(candidate, event.external_id);
  const end = endBy(isOpen, isStored, settlement, now);
  // Only if webhooks are wanted: whether there is an overage costs as much to find out as to judge the event.
  const isNew = sql`${judging.isAllowed()} AND ${notExists(db.select({ id: events.id }).from(events).where(isStored))}`;
  const overage = sql`SELECT id FROM (${selectIfMore(judging, hold.units)}) WHERE ${isNew}`;
  const put = isWanted ? putWebhookEvents(organizationId, ofCustomer(["customer.state_changed"], overage), now) : [];
  const all = (isRepeated: boolean): Statement[] => [
    ...put,
    ...judge(judging, isRepeated),
    end,
    selectHold(organizationId, hold.id),
  ];
  const [judged, ...written] = (await store.write(all(false), { repeat: all(true) })).slice(put.length);
  const consumed = consumedOf(candidate, judged!, written);
  if (consumed === null || consumed.outcome === null) return null;
  const [ended] = written.at(-1)!.rows as [HoldRow];
  // Otherwise another request has ended it first; an earlier attempt of this one shows by the event's id.
  const isOwn = written.at(-2)!.changes > 0 || ended.event_id?.endsWith(candidate.block.suffix) === true;
  if (!isOwn) return null;
  const { outcome, ...rest } = consumed;
  return { ...rest, event: outcome, hold: ended };
}

/** Ends a hold by the event that is stored now, whoever stored it. */
function endBy(isOpen: SQL | undefined, isEvent: SQL | undefined, settlement: Settlement, now: number) {
  const event = db.select({ id: events.id }).from(events).where(isEvent);
  const changes = {
    status: "settled" as const,
    modified_at: now,
    ends_at: now,
    event_id: sql`(${event})`,
    settlement: settlement.fingerprint,
    settlement_timestamp: settlement.event.timestamp,
  };
  return db
    .update(holds)
    .set(changes)
    .where(and(isOpen, exists(event)));
}

import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { voidEvents } from "../../src/events/void.ts";
import type { OpenStore, Store } from "../../src/store/store.ts";
import { STORE } from "./stores.ts";

/** Which of the stored events are voided together, by their places, counted around. */
export const picks = fc.array(fc.nat(60), { minLength: 1, maxLength: 5 });

/**
 * Voids some of the events that callers sent and that are still stored.
 * @param open opens the store whose transactions void
 * @returns the seqs of those that were voided now, and their places among all that are stored
 */
export async function voidSome(
  store: Store,
  chosen: readonly number[],
  now: number,
  open?: OpenStore,
): Promise<{ seqs: number[]; places: number[] }> {
  const { organizationId } = store;
  const [rows] = await store.read([
    sql<{ id: string; seq: number }>`SELECT id, seq FROM events WHERE organization_id = ${organizationId}
      AND source = 'user' ORDER BY seq`,
  ]);
  if (rows.length === 0) return { seqs: [], places: [] };
  const places = chosen.map((pick) => pick % rows.length);
  const request = { events: places.map((place) => ({ id: rows[place]!.id })), reason: "Test", replacements: [], tokenId: null }; // prettier-ignore
  const writing = open?.(env, { organizationId, store: STORE }) ?? store;
  const opened: Store = { ...store, write: (statements, options) => writing.write(statements, options) };
  const done = await voidEvents(opened, request, null, now);
  if (done === "reused") throw new Error("There is no key.");
  const voided = done.events.flatMap(({ index, result }) => (result === "voided" ? [places[index]!] : []));
  return { seqs: voided.map((place) => rows[place]!.seq), places: voided };
}

/** Voids the events with some seqs. */
export async function voidSeqs(store: Store, seqs: readonly number[], now: number): Promise<void> {
  const [rows] = await store.read([
    sql<{ id: string }>`SELECT id FROM events WHERE organization_id = ${store.organizationId}
      AND seq IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))`,
  ]);
  if (rows.length === 0) return;
  const done = await voidEvents(store, { events: rows, reason: "Test", replacements: [], tokenId: null }, null, now);
  if (done === "reused" || done.events.some(({ result }) => result !== "voided"))
    throw new Error("Not all were voided.");
}

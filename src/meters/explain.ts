import { type Definition, definitionOf } from "../engine/definition/definition.ts";
import { explain, type Explanation } from "../engine/reading/explain.ts";
import { requireIngestible, toNewEvent } from "../events/ingest.ts";
import type { EventCreate } from "../events/schemas.ts";
import type { Store } from "../store/store.ts";
import { findMeter } from "./queries.ts";

/** An explanation for one meter; null for a definition that is not saved. */
type Explained = { meter: { id: string; name: string } | null } & Explanation;

/**
 * Explains whether a meter would count an event. Nothing is stored.
 * @param now the time of an event without one: milliseconds since 1970 UTC
 * @throws ResourceNotFound, InvalidFields when ingestion would refuse the event
 */
export async function explainForMeter(store: Store, id: string, event: EventCreate, now: number): Promise<Explained> {
  const meter = await findMeter(store, id);
  const { name } = meter;
  return { meter: { id, name }, ...(await explainOne(store, definitionOf(meter), event, now)) };
}

/** The same for a definition that is not saved. */
export async function explainDefinition(
  store: Store,
  definition: Definition,
  event: EventCreate,
  now: number,
): Promise<Explained> {
  return { meter: null, ...(await explainOne(store, definition, event, now)) };
}

async function explainOne(store: Store, definition: Definition, sent: EventCreate, now: number) {
  const event = toNewEvent(sent, sent);
  await requireIngestible(store, event);
  const { name, timestamp, metadata } = event;
  const subject = { name, source: "user", timestamp: timestamp ?? now, metadata: JSON.stringify(metadata) };
  const [explained] = (await explain(store, subject, [definition]))!;
  return explained!;
}

import type { CustomerIds } from "./customers.ts";
import { listEvents, type Polar, type PolarEvent, type Range } from "./polar.ts";
import type { Report } from "./report.ts";
import type { Target } from "./target.ts";

/** The size of one ingestion: large enough to save requests, small enough for a Worker on the free plan. */
const MAX_BATCH = 1_000;
const MAX_BATCH_CHARACTERS = 1_000_000;
/** The earliest time of quantities, also at Polar. */
const FIRST_YEAR = Date.parse("2023-01-01T00:00:00Z");

type Batch = { events: PolarEvent[]; size: number };

/**
 * Copies the events of the source `user` in the order of time, in batches. `onProgress` is called after each of them with
 * the number of events until now and the time of the last one: everything up to that time is done.
 */
export async function importEvents(
  polar: Polar,
  target: Target,
  { range, customers, report }: { range: Range; customers: CustomerIds; report: Report },
  onProgress: (count: number, upTo: string) => void,
): Promise<void> {
  let done = 0;
  for await (const { events } of batches(listEvents(polar, range))) {
    const { inserted, duplicates, refused } = await target.ingest(
      events.map((event) => toEvent(event, customers, report)),
    );
    for (const [i, reason] of refused) report.remark(`event left out, because it is refused: ${reason}`, events[i]!.id);
    report.count("events created", inserted);
    if (duplicates > 0) report.count("events that were here already", duplicates);
    done += events.length;
    onProgress(done, events.at(-1)!.timestamp);
  }
}

async function* batches(events: AsyncIterable<PolarEvent>): AsyncGenerator<Batch> {
  let batch: Batch = { events: [], size: 0 };
  for await (const event of events) {
    const size = JSON.stringify(event.metadata).length;
    const isFull = batch.events.length === MAX_BATCH || batch.size + size > MAX_BATCH_CHARACTERS;
    if (isFull && batch.events.length > 0) {
      yield batch;
      batch = { events: [], size: 0 };
    }
    batch.events.push(event);
    batch.size += size;
  }
  if (batch.events.length > 0) yield batch;
}

/** An event as it is sent here: known by Polar's id, because Polar does not answer the `external_id`. */
function toEvent(event: PolarEvent, customers: CustomerIds, report: Report): object {
  const { id, name, timestamp, metadata } = event;
  if (event.parent_id != null) report.remark("parent_id of an event: there are no hierarchies here", id);
  if (event.member_id != null) report.remark("member of an event: there are no members here", id);
  if (Date.parse(timestamp) < FIRST_YEAR) report.remark("event from before 2023: stored, but in no quantities", id);
  return { name, timestamp, external_id: `polar:${id}`, ...customerOf(event, customers, report), metadata };
}

/** The customer of an event: by the caller's own id, else by the Edgemeter id, else by the id at Polar. */
function customerOf(event: PolarEvent, customers: CustomerIds, report: Report) {
  const own = event.external_customer_id ?? event.customer?.external_id;
  if (own != null) return { external_customer_id: own };
  const known = event.customer_id === null ? undefined : customers.get(event.customer_id);
  if (known !== undefined) return { customer_id: known };
  report.remark("event whose customer is not here: stored with the id at Polar as external_customer_id", event.id);
  return { external_customer_id: event.customer_id ?? "" };
}

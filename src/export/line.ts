import { type SQL, sql } from "drizzle-orm";
import { JsonText, writeJson } from "../wire/json-text.ts";
import { parseJson } from "../wire/json.ts";
import { formatTime } from "../wire/timestamp.ts";
import type { Owner } from "../engine/rollups/customer-key.ts";
import type { events } from "../store/tables.ts";

type EventRow = typeof events.$inferSelect;

/**
 * Writes an event as a line of an object: the fields and formats of the API's answers, in their order, between `seq` and
 * `generation`. What an answer computes is left out (`label`, `child_count`, and `customer`, which has an e-mail address).
 */
export function lineOf(event: EventRow): string {
  const { seq, id, organization_id, customer_id, external_customer_id, parent_id, name, source, external_id } = event;
  return writeJson({
    seq,
    id,
    timestamp: formatTime(event.timestamp),
    organization_id,
    customer_id,
    external_customer_id,
    parent_id,
    name,
    source,
    metadata: new JsonText(event.metadata),
    external_id,
    ingested_at: formatTime(event.ingested_at),
    voided_at: event.voided_at === null ? null : formatTime(event.voided_at),
    void_reason: event.void_reason,
    generation: event.generation,
  });
}

/** Reads a column of an event back from the JSON `value` of a line. */
export function columnOf(name: keyof EventRow): SQL {
  const path = sql.raw(`'${name}'`);
  if (name === "metadata") return sql`value -> ${path}`;
  if (name !== "timestamp" && name !== "ingested_at" && name !== "voided_at") return sql`value ->> ${path}`;
  return sql`CAST(round(unixepoch(value ->> ${path}, 'subsec') * 1000) AS INTEGER)`;
}

/** What an erasure removes from lines: a customer, as of the last seq when it was deleted. */
export type Erased = Owner & { seq: number };

/** The fields of a line that name a customer, as they are written: before any text that an event has besides. */
const fieldsOf = ({ id, external_id }: Erased) => ({
  id: `"customer_id":${JSON.stringify(id)}`,
  external: external_id === null ? null : `"external_customer_id":${JSON.stringify(external_id)}`,
});

/** Returns whether any line of a text may name a customer; most objects of most customers do not. */
export function mayName(text: string, erased: Erased): boolean {
  const { id, external } = fieldsOf(erased);
  return text.includes(id) || (external !== null && text.includes(external));
}

/**
 * Removes a customer from a line, as the erasure does from the row of the event: events of others that carry its external id
 * beside an id of their own only lose that.
 * @returns the line as it was, or without the external id; null when the event is the customer's
 */
export function withoutCustomer(line: string, erased: Erased): string | null {
  if (!mayName(line, erased)) return line;
  const event = parseJson(line) as Pick<EventRow, "seq" | "customer_id" | "external_customer_id" | "generation">;
  if (event.customer_id === erased.id) return null;
  if (erased.external_id === null || event.external_customer_id !== erased.external_id) return line;
  if (event.customer_id === null) return event.generation === erased.generation ? null : line;
  if (event.seq > erased.seq) return line;
  return line.replace(fieldsOf(erased).external!, () => '"external_customer_id":null');
}

import { type AnyColumn, type SQL, sql } from "drizzle-orm";

// An event's id is a UUID of version 4 in form (RFC 9562, section 5.4): its first 48 bits are the event's seq, so that the
// primary key finds it and no index on ids is needed. The rest is random and shared by the events of one request.

/** The common part of the ids of one request's events: everything after the 48 bits of the seq. */
export type IdSuffix = string & { readonly brand: "IdSuffix" };

/** The number of characters in front of the suffix. */
const PREFIX_LENGTH = 14;

/** Makes the suffix for a new request: 74 random bits that identify the request's own events. */
export function newIdSuffix(): IdSuffix {
  return crypto.randomUUID().slice(PREFIX_LENGTH) as IdSuffix;
}

/** The id of an event. */
export function eventId(seq: number, suffix: IdSuffix): string {
  const hex = seq.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${suffix}`;
}

/** The seq in an event's id; an arbitrary number for any other UUID. */
export function seqOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, PREFIX_LENGTH - 1), 16);
}

/** The prefix of the id for a seq, in SQL. */
export function idPrefixSql(seq: AnyColumn | SQL): SQL {
  return sql`format('%08x-%04x-', ${seq} >> 16, ${seq} & 65535)`;
}

/** The suffix of an event's id, in SQL. */
export function idSuffixSql(id: AnyColumn | SQL): SQL {
  return sql`substr(${id}, ${sql.raw(String(PREFIX_LENGTH + 1))})`;
}

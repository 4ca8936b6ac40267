import { and, asc, desc, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { scanTooLarge } from "../engine/definition/scan-cost.ts";
import { eventsFrom } from "../engine/rollups/counted.ts";
import type { Store } from "../store/store.ts";
import { events } from "../store/tables.ts";
import { namesSql } from "./counted.ts";
import { type ListTotal, toListTotal, type EventRow, type TotalRow, sharedConditions } from "./queries.ts";
import type { EventNamesQuery } from "./schemas.ts";
import { readSlices } from "./slices.ts";

const e = alias(events, "e");
const { name, source, timestamp } = e;

/** A name of events, how often it occurs, and when it was first and last seen (milliseconds since 1970 UTC). */
export type EventNameRow = Pick<EventRow, "name" | "source"> & {
  occurrences: number;
  first_seen: number;
  last_seen: number;
};

/** Reads one page of the names of an organization's events: from counts, or, of some customers, from their events. */
export async function listEventNames(
  store: Store,
  query: EventNamesQuery,
): Promise<{ rows: EventNameRow[] } & ListTotal> {
  const isCounted = query.customer_id === undefined && query.external_customer_id === undefined;
  return (isCounted ? await countedNames(store, query) : null) ?? namesOfSlices(store, query);
}

type Counted = EventNameRow & TotalRow & { is_affordable: number };

/** Reads names from counts; null when that would examine too much. */
async function countedNames(store: Store, query: EventNamesQuery) {
  const { organizationId } = store;
  const order = [...(query.sorting ?? ["-last_seen" as const]), "name", "source"].map((property) =>
    property.startsWith("-") ? desc(sql.identifier(property.slice(1))) : asc(sql.identifier(property)),
  );
  const inOrder = sql`ORDER BY ${sql.join(order, sql`, `)}`;
  const [found] = await store.read([
    sql<Counted>`WITH ${namesSql(organizationId, and(...sharedConditions(organizationId, query)))}
      SELECT (SELECT is_affordable FROM affordable) AS is_affordable, (SELECT count(*) FROM names) AS total,
        ${eventsFrom(organizationId)} AS events_from, page.*
      FROM (SELECT 1) LEFT JOIN (
        SELECT * FROM names ${inOrder} LIMIT ${query.limit} OFFSET ${query.offset}
      ) AS page ${inOrder}`,
  ]);
  const { is_affordable, total, events_from } = found[0]!;
  if (is_affordable === 0) return null;
  const rows = found.filter((row) => row.name !== null);
  return { rows, ...toListTotal({ total, events_from }) };
}

/** The maximum number of names in a long log: those of all slices are sorted together. */
const MAX_NAMES = 20_000;

async function namesOfSlices(store: Store, query: EventNamesQuery): Promise<{ rows: EventNameRow[] } & ListTotal> {
  const where = and(...sharedConditions(store.organizationId, query)) ?? sql`true`;
  const slices = readSlices(
    store,
    (isInSlice) => sql<EventNameRow>`SELECT ${name}, ${source}, count(*) AS occurrences,
        min(${timestamp}) AS first_seen, max(${timestamp}) AS last_seen
      FROM ${events} AS ${e} WHERE ${isInSlice} AND ${where} GROUP BY 1, 2 LIMIT ${MAX_NAMES + 1}`,
  );
  const names = new Map<string, EventNameRow>();
  for await (const rows of slices) {
    for (const row of rows) {
      const known = names.get(`${row.source} ${row.name}`) ?? { ...row, occurrences: 0 };
      names.set(`${row.source} ${row.name}`, {
        ...known,
        occurrences: known.occurrences + row.occurrences,
        first_seen: Math.min(known.first_seen, row.first_seen),
        last_seen: Math.max(known.last_seen, row.last_seen),
      });
    }
    if (names.size > MAX_NAMES) {
      throw scanTooLarge(`There are more than ${MAX_NAMES} names in a long log. Narrow query, source or customer_id.`);
    }
  }
  const sorted = [...names.values()].toSorted((a, b) => compareNames(a, b, query.sorting ?? ["-last_seen"]));
  const [[found]] = await store.read([
    sql<TotalRow>`SELECT ${sorted.length} AS total, ${eventsFrom(store.organizationId)} AS events_from`,
  ]);
  return { rows: sorted.slice(query.offset, query.offset + query.limit), ...toListTotal(found!) };
}

function compareNames(a: EventNameRow, b: EventNameRow, sorting: NonNullable<EventNamesQuery["sorting"]>): number {
  for (const order of [...sorting, "name", "source"] as const) {
    const property = order.replace("-", "") as keyof EventNameRow;
    const [x, y] = [a[property], b[property]];
    const difference = typeof x === "number" ? x - Number(y) : compareTexts(x, String(y));
    if (difference !== 0) return order.startsWith("-") ? -difference : difference;
  }
  return 0;
}

/** Compares by code points, as the database does. */
function compareTexts(a: string, b: string): number {
  const [x, y] = [Array.from(a, (char) => char.codePointAt(0)!), Array.from(b, (char) => char.codePointAt(0)!)];
  const at = x.findIndex((point, index) => point !== y[index]);
  return at < 0 ? x.length - y.length : (x[at] ?? -1) - (y[at] ?? -1);
}

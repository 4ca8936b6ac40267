import type { Context } from "hono";
import { PolarRequestValidationError } from "../errors.ts";
import { answerJson, eventsFromHeader } from "./answer.ts";
import type { AppEnv } from "./env.ts";
import type { Position, QueryFormat } from "../wire/query.ts";
import { answerCsv, type Table, wantsCsv } from "./csv.ts";
import { makeCursor, readCursor } from "./cursor.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";

/**
 * A page of a list: its items, none if it would be too large, and the number of items on all pages. For events,
 * `eventsFrom` is the time from which all are stored, if older ones were requested. With a cursor nothing is counted, so
 * `total` is 1 or 0, and `next` is the position of the next page, null at the end.
 */
export type Listed = { items: unknown[]; total: number; eventsFrom?: number | null; next?: Position | null };

type PageQuery = {
  organization_id?: string[] | undefined;
  limit: number;
  offset: number;
  cursor?: string | undefined;
  format?: QueryFormat | undefined;
};

/**
 * Responds with a page of a list, as JSON or CSV. A list of other organizations is empty.
 * @param read receives the position in the cursor: null for the first page, undefined without a cursor
 * @param table the columns of the list as CSV, if it can be CSV
 * @throws PolarRequestValidationError at `limit` when the page is too large, at `cursor` when that is not valid
 */
export async function answerPage(
  c: Context<AppEnv>,
  query: PageQuery,
  read: (after: Position | null | undefined) => Promise<Listed>,
  table?: Table,
) {
  const { cursor } = query;
  const after = cursor === undefined ? undefined : await readCursor(c, { ...query, cursor });
  const isForeign = query.organization_id?.every((id) => id !== c.var.principal.organizationId) === true;
  const listed: Listed = isForeign ? { items: [], total: 0 } : await read(after);
  const { items, total, eventsFrom = null, next = null } = listed;
  if (items.length === 0 && total > query.offset) throw tooLarge(query.limit);
  const nextCursor = next && (await makeCursor(c, query, next));
  const headers = eventsFromHeader(eventsFrom);
  if (table !== undefined && wantsCsv(c, query)) {
    if (nextCursor !== null) Object.assign(headers, nextLink(c, "cursor", nextCursor));
    else if (cursor === undefined && query.offset + query.limit < total)
      Object.assign(headers, nextLink(c, "page", String(query.offset / query.limit + 2)));
    return answerCsv(c, table, items, headers);
  }
  const pagination =
    cursor === undefined
      ? { total_count: total, max_page: Math.ceil(total / query.limit) }
      : { next_cursor: nextCursor };
  return answerJson(c, { items, pagination }, 200, headers);
}

/** The header that leads to the next page (RFC 8288): what has no envelope has no other place for it. */
function nextLink(c: Context<AppEnv>, parameter: "cursor" | "page", value: string) {
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.set(parameter, value);
  return { Link: `<${pathname}?${searchParams.toString()}>; rel="next"` };
}

function tooLarge(limit: number): PolarRequestValidationError {
  const msg = `This page would have more than ${MAX_PAGE_BYTES} bytes. Use a smaller limit; limit=1 reaches every item.`;
  return new PolarRequestValidationError([{ type: "value_error", loc: ["query", "limit"], msg, input: limit }]);
}

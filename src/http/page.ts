import type { Context } from "hono";
import { PolarRequestValidationError } from "../errors.ts";
import { answerJson, eventsFromHeader } from "./answer.ts";
import type { AppEnv } from "./env.ts";
import type { Position } from "../wire/query.ts";
import { makeCursor, readCursor } from "./cursor.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";

/**
 * What a list was read into: the items of a page, none when it would be too large, and their number on all pages. Of events
 * also from when on all are there, where earlier ones are asked for. With a cursor nothing is counted, so `total` is 1 or 0, and
 * `next` is where the next page begins; null at the end.
 */
export type Listed = { items: unknown[]; total: number; eventsFrom?: number | null; next?: Position | null };

type PageQuery = { organization_id?: string[] | undefined; limit: number; offset: number; cursor?: string | undefined };

/**
 * Answers a page of a list in its envelope. A list of other organizations is empty.
 * @param read gets the position in the cursor: null for the first page, undefined without a cursor
 * @throws PolarRequestValidationError at `limit` when the page was not read because it is too large, at `cursor`
 */
export async function answerPage(
  c: Context<AppEnv>,
  query: PageQuery,
  read: (after: Position | null | undefined) => Promise<Listed>,
) {
  const { cursor } = query;
  const after = cursor === undefined ? undefined : await readCursor(c, { ...query, cursor });
  const isForeign = query.organization_id?.every((id) => id !== c.var.principal.organizationId) === true;
  const listed: Listed = isForeign ? { items: [], total: 0 } : await read(after);
  const { items, total, eventsFrom = null, next = null } = listed;
  if (items.length === 0 && total > query.offset) throw tooLarge(query.limit);
  const pagination =
    cursor === undefined
      ? { total_count: total, max_page: Math.ceil(total / query.limit) }
      : { next_cursor: next && (await makeCursor(c, query, next)) };
  return answerJson(c, { items, pagination }, 200, eventsFromHeader(eventsFrom));
}

function tooLarge(limit: number): PolarRequestValidationError {
  const msg = `This page would have more than ${MAX_PAGE_BYTES} bytes. Use a smaller limit; limit=1 reaches every item.`;
  return new PolarRequestValidationError([{ type: "value_error", loc: ["query", "limit"], msg, input: limit }]);
}

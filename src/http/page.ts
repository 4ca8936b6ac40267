import type { Context } from "hono";
import { PolarRequestValidationError } from "../errors.ts";
import { answerJson, eventsFromHeader } from "./answer.ts";
import type { AppEnv } from "./env.ts";
import { MAX_PAGE_BYTES } from "../store/limits.ts";

/**
 * What a list was read into: the items of a page, none when it would be too large, and their number on all pages. Of events
 * also from when on all are there, where earlier ones are asked for.
 */
export type Listed = { items: unknown[]; total: number; eventsFrom?: number | null };

type PageQuery = { organization_id?: string[] | undefined; limit: number; offset: number };

/**
 * Answers a page of a list in its envelope. A list of other organizations is empty.
 * @throws PolarRequestValidationError at `limit` when the page was not read because it is too large
 */
export async function answerPage(c: Context<AppEnv>, query: PageQuery, read: () => Promise<Listed>) {
  const isForeign = query.organization_id?.every((id) => id !== c.var.principal.organizationId) === true;
  const { items, total, eventsFrom = null }: Listed = isForeign ? { items: [], total: 0 } : await read();
  if (items.length === 0 && total > query.offset) throw tooLarge(query.limit);
  const pagination = { total_count: total, max_page: Math.ceil(total / query.limit) };
  return answerJson(c, { items, pagination }, 200, eventsFromHeader(eventsFrom));
}

function tooLarge(limit: number): PolarRequestValidationError {
  const msg = `This page would have more than ${MAX_PAGE_BYTES} bytes. Use a smaller limit; limit=1 reaches every item.`;
  return new PolarRequestValidationError([{ type: "value_error", loc: ["query", "limit"], msg, input: limit }]);
}

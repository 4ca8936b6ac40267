import { MAX_PAGE_BYTES } from "../db/limits.ts";
import { PolarRequestValidationError } from "../errors.ts";

/** One page of a list, as every list answers it. */
export type Page<T> = { items: T[]; pagination: { total_count: number; max_page: number } };

/**
 * Refuses a page that was not read because it is too large: it is empty although the list goes on at its offset.
 * @throws PolarRequestValidationError at `limit`
 */
export function requireReadablePage(
  rows: unknown[],
  total: number,
  { limit, offset }: { limit: number; offset: number },
) {
  if (rows.length > 0 || total <= offset) return;
  const msg = `This page would have more than ${MAX_PAGE_BYTES} bytes. Use a smaller limit; limit=1 reaches every item.`;
  throw new PolarRequestValidationError([{ type: "value_error", loc: ["query", "limit"], msg, input: limit }]);
}

/** Puts a page's items and the total of all pages into the envelope of a list. */
export function toPage<T>(items: T[], total: number, limit: number): Page<T> {
  return { items, pagination: { total_count: total, max_page: Math.ceil(total / limit) } };
}

/** One page of a list, as every list answers it. */
export type Page<T> = { items: T[]; pagination: { total_count: number; max_page: number } };

/** Puts a page's items and the total of all pages into the envelope of a list. */
export function toPage<T>(items: T[], total: number, limit: number): Page<T> {
  return { items, pagination: { total_count: total, max_page: Math.ceil(total / limit) } };
}

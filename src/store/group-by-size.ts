/**
 * Splits items into groups of consecutive ones, for statements and bound values of limited size.
 * @param most the maximum size of a group, unless it has a single larger item
 * @param mostItems the maximum number of items in a group
 */
export function groupBySize<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  most: number,
  mostItems = Infinity,
): T[][] {
  const groups: T[][] = [];
  let size = Infinity;
  for (const item of items) {
    const own = sizeOf(item);
    if (size + own > most || groups.at(-1)!.length === mostItems) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)!.push(item);
    size += own;
  }
  return groups;
}

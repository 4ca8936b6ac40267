import type { MetadataCondition } from "../schema/query.ts";

/** Parameters that may be repeated to mean any of their values; of every other one the last counts. */
const LISTS = new Set(["organization_id", "customer_id", "external_customer_id", "name", "source", "sorting"]);
const METADATA = /^metadata\[([^\]]+)\]/;

/** The parameters of a query string: one text each, a list for those that may repeat, and the metadata conditions. */
export function readQuery(url: string): Record<string, string | string[] | MetadataCondition[]> {
  const metadata = new Map<string, string[]>();
  const read: Record<string, string | string[] | MetadataCondition[]> = Object.create(null);
  for (const [name, value] of new URL(url).searchParams) {
    const key = METADATA.exec(name)?.[1];
    if (key !== undefined) metadata.set(key, [...(metadata.get(key) ?? []), value]);
    else if (LISTS.has(name)) read[name] = [...((read[name] as string[] | undefined) ?? []), value];
    else read[name] = value;
  }
  read["metadata"] = Array.from(metadata, ([key, values]) => ({ key, values }));
  return read;
}

import type { MetadataCondition } from "../wire/query.ts";

const METADATA = /^metadata\[([^\]]+)\]/;

type GivenParameters = Record<string, string | string[] | MetadataCondition[]>;

/**
 * Reads the parameters of a query string: an array for those that may be repeated, the last value of any other one,
 * and the metadata conditions.
 */
export function readQuery(url: string, repeatable: ReadonlySet<string>): GivenParameters {
  const lists = new Map<string, string[]>();
  const metadata = new Map<string, string[]>();
  const read: GivenParameters = Object.create(null);
  for (const [name, value] of new URL(url).searchParams) {
    const key = METADATA.exec(name)?.[1];
    if (key !== undefined) append(metadata, key, value);
    else if (repeatable.has(name)) read[name] = append(lists, name, value);
    else read[name] = value;
  }
  if (metadata.size > 0) read["metadata"] = Array.from(metadata, ([key, values]) => ({ key, values }));
  else delete read["metadata"];
  return read;
}

/** The names and values of a query string as they were sent, for error messages. */
export function queryAsSent(url: string): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams);
}

function append(lists: Map<string, string[]>, name: string, value: string): string[] {
  const list = lists.get(name) ?? [];
  if (list.push(value) === 1) lists.set(name, list);
  return list;
}

import { example as customerMeters } from "../customer-meters/example.ts";
import { example as customers } from "../customers/example.ts";
import { example as events } from "../events/example.ts";
import { example as meters } from "../meters/example.ts";
import { example as tokens } from "../organization-access-tokens/example.ts";
import type { Example, Ids, Send } from "./example.ts";

/** By the segment of their paths, in the order in which they can be made. */
export const EXAMPLES: Record<string, Example> = {
  meters,
  events,
  customers,
  "customer-meters": customerMeters,
  "organization-access-tokens": tokens,
};

/** A valid and an invalid request, by the operation's id. */
export const REQUESTS: Example["requests"] = Object.assign({}, ...Object.values(EXAMPLES).map(({ requests }) => requests)); // prettier-ignore

/** The segment that names a path's resource. */
export const resourceOf = (path: string): string => path.split("/")[2]!;

/**
 * Makes an item of each resource that is not left out.
 * @returns all ids; that of an item in its own paths has its resource's name
 */
export async function makeExamples(send: Send, leftOut: string[] = [], text?: string): Promise<Ids> {
  const all: Ids = {};
  for (const [resource, { make }] of Object.entries(EXAMPLES)) {
    if (leftOut.includes(resource)) continue;
    const { id, ...named } = await make(send, all, text);
    Object.assign(all, named, { [resource]: id });
  }
  return all;
}

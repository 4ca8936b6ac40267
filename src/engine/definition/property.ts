import * as z from "zod/mini";
import { MAX_PROPERTY_LENGTH } from "../../store/limits.ts";
import { text } from "../../wire/text.ts";

const METADATA = "metadata.";

/**
 * The name of an event's property: `name`, `source`, `timestamp`, a key of its metadata, or a field after `_llm.` or `_cost.`.
 * One leading `metadata.` is removed before the name is stored.
 */
export const Property = z.pipe(
  text({ max: MAX_PROPERTY_LENGTH }),
  z.transform((name: string) => (name.startsWith(METADATA) ? name.slice(METADATA.length) : name)),
);

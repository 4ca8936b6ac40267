import * as z from "zod/mini";
import { MAX_PROPERTY_LENGTH } from "../../store/limits.ts";
import { text } from "../../wire/text.ts";

const METADATA = "metadata.";

/**
 * The name of an event's property: `name`, `source`, `timestamp`, or a key of its metadata; after `_llm.` or `_cost.` a field.
 * A leading `metadata.` has no meaning of its own and is removed, once, when it is written.
 */
export const Property = z.pipe(
  text({ max: MAX_PROPERTY_LENGTH }),
  z.transform((name: string) => (name.startsWith(METADATA) ? name.slice(METADATA.length) : name)),
);

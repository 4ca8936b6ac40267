import { text } from "../schema/text.ts";

const METADATA = "metadata.";

/**
 * The name of an event's property: `name`, `source`, `timestamp`, or a path into its metadata in which dots descend.
 * A leading `metadata.` says nothing more and is removed, once, when it is written.
 */
export const Property = text().transform((name) => (name.startsWith(METADATA) ? name.slice(METADATA.length) : name));

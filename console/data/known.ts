import { can } from "../session/session.ts";
import { useGet } from "./read.ts";

/** Fields of events that every event has, and those of language models, as properties name them. */
const OWN = ["name", "_llm.total_tokens", "_llm.input_tokens", "_llm.output_tokens", "_llm.model", "_cost.amount"];
/** Events whose metadata says which properties there are. */
const EVENTS = 50;

/** The names of events that were sent, the latest first; none where the token may not read events. */
export function useKnownNames(): string[] {
  const path = can("events:read", "events:write") ? "/v1/events/names" : null;
  return useGet(path, { query: { limit: 100, source: "user" } }).data?.items.map(({ name }) => name) ?? [];
}

/** The properties of the latest events, and the values that these have, for those who name one. */
export function useKnownProperties(): { properties: string[]; valuesOf: (property: string) => string[] } {
  const path = can("events:read", "events:write") ? "/v1/events/" : null;
  const { data } = useGet(path, { query: { limit: EVENTS, source: "user", cursor: "" } });
  const events: Record<string, unknown>[] = data?.items.map(({ metadata }) => metadata) ?? [];
  const keys = events.flatMap((metadata) => Object.keys(metadata).filter((key) => !key.startsWith("_")));
  const valuesOf = (property: string) => {
    const values = events.map((metadata) => metadata[property]).filter((value) => typeof value === "string");
    return [...new Set(values)];
  };
  return { properties: [...new Set([...keys, ...OWN])], valuesOf };
}

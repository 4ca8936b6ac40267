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

/** The properties of the latest events, for those who name one. */
export function useKnownProperties(): string[] {
  const path = can("events:read", "events:write") ? "/v1/events/" : null;
  const { data } = useGet(path, { query: { limit: EVENTS, source: "user", cursor: "" } });
  const keys = data?.items.flatMap(({ metadata }) => Object.keys(metadata).filter((key) => !key.startsWith("_"))) ?? [];
  return [...new Set([...keys, ...OWN])];
}

import { type FieldProblem, InvalidFields } from "../errors.ts";
import { groupBySize } from "../store/group-by-size.ts";
import { MAX_EVENT_BYTES, MAX_PARAMETER_BYTES } from "../store/limits.ts";

/** An event that is to be appended to the organization's log. */
export type NewEvent = {
  name: string;
  /** Milliseconds since 1970 UTC; null: the time of ingestion. */
  timestamp: number | null;
  customer_id: string | null;
  external_customer_id: string | null;
  external_id: string | null;
  parent_id: string | null;
  metadata: object;
};

/** Some of the events, as the JSON that one statement binds; `first` is the index of the first one. */
export type EventPart<Given = never> = { json: string | Given; first: number; count: number };

/** The index of each field in the array by which an event is passed to a statement; arrays are shorter than objects. */
const PLACES: Record<keyof NewEvent, number> = {
  name: 0,
  timestamp: 1,
  customer_id: 2,
  external_customer_id: 3,
  external_id: 4,
  parent_id: 5,
  metadata: 6,
};
const FIELDS = Object.keys(PLACES) as (keyof NewEvent)[];

const toRow = (event: NewEvent): unknown[] => FIELDS.map((field) => event[field]);

const ENCODER = new TextEncoder();

/**
 * Writes the events as JSON that fits into a bound value, in several parts if necessary.
 * @param fieldOf the field of the request that has an event
 * @throws InvalidFields when an event is too large
 */
export function toParts(newEvents: NewEvent[], fieldOf: FieldOf = (index) => ["events", index]): EventPart[] {
  const rows = newEvents.map(toRow);
  const json = JSON.stringify(rows);
  if (ENCODER.encode(json).length <= MAX_EVENT_BYTES) return [{ json, first: 0, count: rows.length }];
  const sized = rows.map((row) => {
    const text = JSON.stringify(row);
    return { text, bytes: ENCODER.encode(text).length + 1 };
  });
  const problems = sized.flatMap(({ bytes }, index) => (bytes > MAX_EVENT_BYTES ? [tooLarge(fieldOf(index))] : []));
  if (problems.length > 0) throw new InvalidFields(problems);
  let end = 0;
  return groupBySize(sized, ({ bytes }) => bytes, MAX_PARAMETER_BYTES).map((part) => {
    const first = end;
    end += part.length;
    return { json: `[${part.map(({ text }) => text).join(",")}]`, first, count: part.length };
  });
}

type FieldOf = (index: number) => FieldProblem["field"];

function tooLarge(field: FieldProblem["field"]): FieldProblem {
  const msg = `An event can have at most ${MAX_EVENT_BYTES} bytes of JSON.`;
  return { type: "too_long", field, msg };
}

import type { Store } from "../../store/store.ts";
import { JsonText } from "../../wire/json-text.ts";
import { codePoints } from "../../wire/text.ts";
import { formatTime } from "../../wire/timestamp.ts";
import { type Aggregation, keepsValues } from "../definition/aggregation.ts";
import { compileText, type Definition } from "../definition/definition.ts";
import type { Values } from "../definition/event-sql.ts";
import type { Filter, FilterClause } from "../definition/filter.ts";
import { clauseSql } from "../definition/filter-sql.ts";
import { AMOUNT, propertySql } from "../definition/property-sql.ts";
import { askFacts, type Fact, type Question, type Subject } from "./facts.ts";

/** What an event has under a property, with its type; text is cut after 1,000 characters, and a longer object is null. */
type Actual = { actual: string | boolean | JsonText | null; actual_type: string };

/** A filter whose nodes say whether they hold for an event. */
type ExplainedFilter = {
  conjunction: Filter["conjunction"];
  clauses: ((FilterClause & { holds: boolean } & Actual) | ExplainedFilter)[];
  holds: boolean;
};

/** Why an event does not count: `other_definition` where no filter matters, because no meter counts the platform's own events. */
type Reason = "filter" | "property_missing" | "not_a_number" | "voided" | "other_definition";

/** Whether an event counts in a meter, what it adds, and what each clause of the filter has to do with it. */
export type Explanation = {
  counted: boolean;
  value: Actual["actual"] | number;
  reason: Reason | null;
  filter: ExplainedFilter;
};

/** Asks for a fact; equal keys are equal questions. NULL while it only finds out what there is to ask. */
type Ask = (key: unknown, question: Question) => Fact;

/**
 * Explains for each definition whether an event counts: the SQL that counts decides, its clauses each for itself.
 * @returns null when the event is not stored any more
 */
export async function explain(
  store: Store,
  event: Subject,
  definitions: readonly Definition[],
): Promise<Explanation[] | null> {
  const questions = new Map<string, Question>();
  const collect: Ask = (key, question) => {
    questions.set(JSON.stringify(key), question);
    return null;
  };
  for (const definition of definitions) explanationOf(definition, collect);
  const facts = await askFacts(store, event, [...questions.values()]);
  if (facts === null) return null;
  const known = new Map([...questions.keys()].map((key, index) => [key, facts[index]!]));
  return definitions.map((definition) => explanationOf(definition, (key) => known.get(JSON.stringify(key))!));
}

function explanationOf({ filter, aggregation }: Definition, ask: Ask): Explanation {
  const explained = explainFilter(filter, ask);
  const ofFilter = (values: Values) => compileText({ filter, aggregation: { func: "count" } }, values);
  const matches = ask(["matches", filter], (values) => ofFilter(values).matches) === 1;
  const adds = ask(["contributes", aggregation], (values) => ofAll(aggregation, values).contributes) === 1;
  const isVoided = ask("voided", () => "e.voided_at IS NOT NULL") === 1;
  const [value, lack] = [valueOf(aggregation, ask), lackOf(aggregation, ask)];
  if (matches && adds) return { counted: true, value, reason: null, filter: explained };
  return { counted: false, value: null, reason: matches ? lack : refusalOf(explained, isVoided), filter: explained };
}

/** An aggregation of all events, compiled. */
const ofAll = (aggregation: Aggregation, values: Values) =>
  compileText({ filter: { conjunction: "and", clauses: [] }, aggregation }, values);

/** Why an event is not among those that a filter takes: only when the filter holds it matters that the event is voided. */
function refusalOf({ holds }: ExplainedFilter, isVoided: boolean): Reason {
  if (!holds) return "filter";
  return isVoided ? "voided" : "other_definition";
}

function explainFilter({ conjunction, clauses }: Filter, ask: Ask): ExplainedFilter {
  const parts = clauses.map((part) => ("clauses" in part ? explainFilter(part, ask) : explainClause(part, ask)));
  const isMet = conjunction === "and" ? parts.every(({ holds }) => holds) : parts.some(({ holds }) => holds);
  return { conjunction, clauses: parts, holds: parts.length === 0 || isMet };
}

function explainClause(clause: FilterClause, ask: Ask) {
  const { property, operator, value } = clause;
  const holds = ask([property, operator, value], (values) => clauseSql(clause, values)) === 1;
  return { property, operator, value, holds, ...actualOf(property, ask) };
}

/** What an event adds. */
function valueOf(aggregation: Aggregation, ask: Ask): Explanation["value"] {
  if (aggregation.func === "count") return 1;
  if (keepsValues(aggregation.func)) return keptOf(aggregation.property, ask).actual;
  const number = ask(["value", aggregation.property], (values) => {
    const { contributes, value } = ofAll(aggregation, values);
    return `CASE WHEN ${contributes} THEN format('%!.17g',${value}) END`;
  });
  return number === null ? null : Number(number);
}

/** Why an event that a filter takes adds nothing. */
function lackOf(aggregation: Aggregation, ask: Ask): Reason {
  if (aggregation.func === "count") return "other_definition";
  const actual = keepsValues(aggregation.func)
    ? keptOf(aggregation.property, ask)
    : actualOf(aggregation.property, ask);
  return actual.actual_type === "missing" ? "property_missing" : "not_a_number";
}

function actualOf(property: string, ask: Ask): Actual {
  switch (property) {
    case "name":
    case "source":
      return { actual: ask(`e.${property}`, () => `e.${property}`) as string, actual_type: "string" };
    case "timestamp":
      return { actual: formatTime(Number(ask("e.timestamp", () => "e.timestamp"))), actual_type: "timestamp" };
    default:
      return keptOf(property, ask);
  }
}

const TYPES: Record<string, string> = {
  text: "string",
  integer: "number",
  real: "number",
  true: "boolean",
  false: "boolean",
};
/** Characters of a text, or of an object's JSON, that are shown. */
const MAX_SHOWN = 1000;

/** What an event has under a key of its metadata, or in a field of `_llm` or `_cost`. */
function keptOf(property: string, ask: Ask): Actual {
  const type = ask(["type", property], (values) => propertySql(property, values).type);
  const text = ask(["text", property], (values) => {
    const { type: ofType, value, json } = propertySql(property, values);
    return `substr(CASE ${ofType} WHEN 'text' THEN ${value} ELSE ${json} END,1,${MAX_SHOWN + 1})`;
  });
  if (type === null) return { actual: null, actual_type: "missing" };
  return { actual: shown(property, String(type), String(text)), actual_type: TYPES[type] ?? String(type) };
}

function shown(property: string, type: string, text: string): Actual["actual"] {
  const isWhole = codePoints(text) <= MAX_SHOWN;
  if (type === "text") return isWhole ? text : `${[...text].slice(0, MAX_SHOWN).join("")}…`;
  // The digits of an amount are not always those of a number of JSON.
  if (property === AMOUNT && type === "real") return new JsonText(String(Number(text)));
  return isWhole ? new JsonText(text) : null;
}

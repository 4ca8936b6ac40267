import { type SQL, sql } from "drizzle-orm";
import { groupBySize } from "../../store/group-by-size.ts";
import type { Store } from "../../store/store.ts";
import { parseJson } from "../../wire/json.ts";
import { BoundValues, type Values } from "../definition/event-sql.ts";

/** An event that facts are asked of: a stored one by its id and seq, or one that is not stored; times are milliseconds UTC. */
export type Subject =
  | { id: string; seq: number }
  | { name: string; source: string; timestamp: number; metadata: string };

/** A fact about an event `e`: text, a number or NULL. */
export type Fact = string | number | null;
/** A piece of SQL about an event `e` whose value is a fact. */
export type Question = (values: Values) => string;

/** Characters of the questions of one statement: D1 allows 100 KB of SQL in all, and a single one can have 90,000. */
const MAX_CHARACTERS = 75_000;
/** Arguments of a function at most: D1 allows 32. */
const MAX_ARGUMENTS = 30;

/**
 * Answers questions about an event, in their order: one round trip, however many statements they take.
 * @returns null when the event is not stored any more
 */
export async function askFacts(store: Store, subject: Subject, questions: readonly Question[]): Promise<Fact[] | null> {
  if (questions.length === 0) return [];
  const source = subjectSql(store.organizationId, subject);
  const sizeOf = (question: Question) => question({ add: () => "b00.v00" }).length + 1;
  const statements = groupBySize(questions, sizeOf, MAX_CHARACTERS).map((group) => {
    const values = new BoundValues();
    const facts = sql.raw(arrayOf(group.map((question) => question(values))));
    return sql<{ facts: string }>`SELECT ${facts} AS facts FROM ${values.from()}${source}`;
  });
  const found = (await store.read(statements)).map(([row]) => row);
  if (found.includes(undefined)) return null;
  return found.flatMap((row) => (parseJson(row!.facts) as unknown[]).flat(Infinity) as Fact[]);
}

function subjectSql(organizationId: string, subject: Subject): SQL {
  if ("seq" in subject) {
    const { id, seq } = subject;
    return sql`events AS e WHERE e.organization_id = ${organizationId} AND e.seq = ${seq} AND e.id = ${id}`;
  }
  const { name, source, timestamp, metadata } = subject;
  // D1 binds each number as a real one. The limit keeps the columns from being computed again for each question.
  return sql`(
      SELECT ${name} AS name, ${source} AS source, CAST(${timestamp} AS INTEGER) AS timestamp, ${metadata} AS metadata,
        NULL AS voided_at LIMIT 1
    ) AS e`;
}

/** Puts any number of values into one: arrays in arrays, of which none has too many. */
function arrayOf(texts: readonly string[]): string {
  if (texts.length <= MAX_ARGUMENTS) return `json_array(${texts.join(",")})`;
  const parts: string[] = [];
  for (let first = 0; first < texts.length; first += MAX_ARGUMENTS) {
    parts.push(arrayOf(texts.slice(first, first + MAX_ARGUMENTS)));
  }
  return arrayOf(parts);
}

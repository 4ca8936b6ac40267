import type { Query } from "../../src/store/store.ts";

/** Where a long line is broken: before a clause or a condition, otherwise after a column. */
const CLAUSES = / (?=(?:FROM|CROSS JOIN|WHERE|AND|and|GROUP BY|ORDER BY) )/;
const COLUMNS = /(?<=,) /;
const LONG = 110;

/** Formats a statement for a reader: names without quotes, indented by its parentheses, its parameters below it. */
export function formatQuery({ sql, params }: Query): string {
  const lines = sql
    .replaceAll(/"(\w+)"/g, "$1")
    .split("\n")
    .map((line) => withoutParentheses(line.trim()));
  const short = [CLAUSES, COLUMNS].reduce((parts, place) => parts.flatMap((line) => broken(line, place)), lines);
  let [depth, last] = [0, ""];
  const indented = short
    .filter((line) => line !== "")
    .map((line) => {
      const indent = depth - (/^\)+/.exec(line)?.[0].length ?? 0) + (isContinuation(last, line) ? 1 : 0);
      depth += depthOf(line);
      last = line;
      return "  ".repeat(indent) + line;
    });
  const bound = params.map((value, index) => `-- ${index + 1}: ${literal(value)}\n`);
  return `${indented.join("\n")};\n${bound.join("")}`;
}

/** Removes the parentheses that Drizzle's `and` puts around all conditions of a WHERE. */
function withoutParentheses(line: string): string {
  return line.replace(/\bWHERE \((.*)\)$/, (where, conditions: string) => {
    const isWhole = [...conditions.matchAll(/\)/g)].every(({ index }) => depthOf(conditions.slice(0, index + 1)) >= 0);
    return isWhole ? `WHERE ${conditions}` : where;
  });
}

/** Returns whether a line is a condition or one of several columns; a list of tables of WITH is neither. */
function isContinuation(last: string, line: string): boolean {
  return /^and /i.test(line) || (/(?:,| SET)$/.test(last) && !/ AS (?:MATERIALIZED )?\(/.test(line));
}

/** Breaks a long line, outside of its parentheses. */
function broken(line: string, place: RegExp): string[] {
  if (line.length <= LONG) return [line];
  const parts: string[] = [];
  for (const part of line.split(place)) {
    const open = parts.at(-1);
    if (open === undefined || depthOf(open) <= 0) parts.push(part);
    else parts[parts.length - 1] = `${open} ${part}`;
  }
  return parts;
}

/** How many parentheses a text leaves open. */
function depthOf(text: string): number {
  return text.split("(").length - text.split(")").length;
}

/** A parameter as SQL would write it, shortened. */
function literal(value: unknown): string {
  const text = typeof value === "string" ? `'${value}'` : String(value);
  return text.length <= 100 ? text : `${text.slice(0, 97)}…`;
}

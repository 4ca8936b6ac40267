import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { QueryFormat } from "../wire/query.ts";
import { writeJson } from "../wire/json-text.ts";
import type { AppEnv } from "./env.ts";

/** How something is shown as a table: the beginning of the file's name, and the fields in the columns, such as `customer.email`. */
export type Table = { name: string; columns: readonly string[] };

/** Returns whether a caller asks for CSV: by a parameter, otherwise by `Accept`. */
export function wantsCsv(c: Context<AppEnv>, { format }: { format?: QueryFormat | undefined }): boolean {
  if (format !== undefined) return format === "csv";
  const [json, csv] = ["application/json", "text/csv"];
  return accepts(c, { header: "Accept", supports: [json, csv], default: json }) === csv;
}

/** Answers items as CSV (RFC 4180) to be saved in a file, one line at a time. */
export function answerCsv(
  c: Context<AppEnv>,
  { name, columns }: Table,
  items: readonly unknown[],
  headers: Record<string, string> = {},
) {
  const lines = linesOf(columns, items);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = lines.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  return c.body(body, 200, {
    "Content-Type": "text/csv; charset=utf-8; header=present",
    "Content-Disposition": `attachment; filename="${name}.csv"`,
    ...headers,
  });
}

function* linesOf(columns: readonly string[], items: readonly unknown[]): Generator<string, void> {
  yield lineOf(columns);
  for (const item of items) yield lineOf(columns.map((column) => cellOf(fieldOf(item, column))));
}

const lineOf = (cells: readonly string[]) => `${cells.map(quoted).join(",")}\r\n`;
const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

function fieldOf(item: unknown, column: string): unknown {
  return column
    .split(".")
    .reduce((value: unknown, name) => (typeof value === "object" && value !== null ? Reflect.get(value, name) : null), item); // prettier-ignore
}

/** What a spreadsheet takes for the beginning of a formula, and what is none nevertheless. */
const [FORMULA, NUMBER] = [/^[=+\-@\t\r]/, /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i];

/** Text as it is, null as nothing, other values as JSON; what would be a formula in a spreadsheet is made text. */
function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : writeJson(value);
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

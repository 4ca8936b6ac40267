import * as z from "zod/mini";
import { JsonError, parseJson } from "./json.ts";
import { report } from "./problem.ts";
import { text, unstorable } from "./text.ts";
import { Uuid4 } from "./uuid.ts";

/** pydantic accepts a sign, single underscores between digits, zeros after a point, and white space around it all. */
const INTEGER = /^\s*([+-]?\d+(?:_\d+)*)(?:\.0*)?\s*$/;
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
/** A limit, because the time to convert digits grows with the square of their number. */
const MAX_DIGITS = 1000;
const MAX_OFFSET = 2n ** 63n - 1n;
const MAX_LIMIT = 100n;
const TRUE = new Set(["true", "1", "yes", "on", "t", "y"]);
const FALSE = new Set(["false", "0", "no", "off", "f", "n"]);

/** A condition on metadata: the text of the key's value is one of these. */
export type MetadataCondition = { key: string; values: string[] };

const REPEATABLE = new WeakSet<object>();

/** Marks a parameter as repeatable, with one value each time; of any other parameter the last value counts. */
function repeatable<T extends object>(schema: T): T {
  REPEATABLE.add(schema);
  return schema;
}

/** A repeatable parameter that means any of its values. */
export function many<T extends z.ZodMiniType>(schema: T) {
  return repeatable(z.optional(z.array(schema)));
}

/** The names of the repeatable parameters of a query. */
export function repeatableNames(query: z.core.$ZodType): Set<string> {
  const { def } = query._zod as { def: { in?: z.core.$ZodType; shape?: Record<string, object> } };
  if (def.in !== undefined) return repeatableNames(def.in);
  const fields = Object.entries(def.shape ?? {});
  return new Set(fields.filter(([, schema]) => REPEATABLE.has(schema)).map(([name]) => name));
}

/** An integer of any size. */
const QueryInteger = z.pipe(
  z.string(),
  z.transform((value: string, ctx): bigint => {
    const digits = INTEGER.exec(value)?.[1];
    if (digits === undefined) {
      report(ctx, { type: "int_parsing" }, "This should be an integer.", value);
      return z.NEVER;
    }
    if (digits.length <= MAX_DIGITS) return BigInt(digits.replaceAll("_", "").replace("+", ""));
    report(ctx, { type: "int_parsing_size" }, `This should have at most ${MAX_DIGITS} digits.`, value);
    return z.NEVER;
  }),
);

/** A positive integer. */
export const Positive = QueryInteger.check(
  z.superRefine((value: bigint, ctx) => {
    if (value < 1n) report(ctx, { type: "greater_than", ctx: { gt: 0 } }, "This should be greater than 0.", value);
  }),
);

/** A finite number. */
export const QueryNumber = z.pipe(
  z.string(),
  z.transform((value: string, ctx): number => {
    const number = NUMBER.test(value) ? Number(value) : NaN;
    if (Number.isFinite(number)) return number;
    if (Number.isNaN(number)) report(ctx, { type: "float_parsing" }, "This should be a number.", value);
    else report(ctx, { type: "finite_number" }, "This should be a finite number.", value);
    return z.NEVER;
  }),
);

/** A finite number from 0 on. */
export const QueryAmount = QueryNumber.check(
  z.superRefine((value: number, ctx) => {
    if (value < 0) report(ctx, { type: "greater_than_equal", ctx: { ge: 0 } }, "This should be at least 0.", value);
  }),
);

/** An integer between two others. */
export function integerBetween(min: number, max: number) {
  const check = (value: bigint, ctx: { issues: z.core.$ZodRawIssue[] }) => {
    if (value < min)
      report(ctx, { type: "greater_than_equal", ctx: { ge: min } }, `This should be at least ${min}.`, value);
    if (value > max)
      report(ctx, { type: "less_than_equal", ctx: { le: max } }, `This should be at most ${max}.`, value);
  };
  const schema = z.pipe(QueryInteger.check(z.superRefine(check)), z.transform(Number));
  // For the API's document.
  z.globalRegistry.add(schema, { type: "integer", minimum: min, maximum: max });
  return schema;
}

/** How deep into hierarchies of events a list goes: 0 to 5. */
export const Depth = integerBetween(0, 5);

/** A boolean in the spellings that pydantic accepts, in any case. */
export const QueryBoolean = z.pipe(
  z.string(),
  z.transform((value: string, ctx): boolean => {
    const word = value.toLowerCase();
    if (TRUE.has(word)) return true;
    if (FALSE.has(word)) return false;
    report(ctx, { type: "bool_parsing" }, "This should be true or false.", value);
    return z.NEVER;
  }),
);

/** A parameter that holds JSON; problems inside it are reported at paths below the parameter. */
export const QueryJson = z.pipe(
  z.string(),
  z.transform((value: string, ctx): unknown => {
    try {
      return parseJson(value);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      report(ctx, { type: "json_invalid" }, error.message, value);
      return z.NEVER;
    }
  }),
);

/** `metadata[key]=value` pairs: a repeated key means any of its values, different keys mean all of them. */
export const MetadataQuery = z.custom<MetadataCondition[]>().check(
  z.superRefine((conditions: MetadataCondition[], ctx) => {
    for (const { key, values } of conditions) {
      const reason = [key, ...values].map(unstorable).find((found) => found !== null);
      if (reason !== undefined) report(ctx, { type: "value_error" }, reason, values);
    }
  }),
);

/** The sort orders by these columns: `name` for ascending, `-name` for descending. */
export function sortProperty<K extends string>(...columns: [K, ...K[]]) {
  const orders = columns.flatMap((name): (K | `-${K}`)[] => [name, `-${name}`]);
  return z.enum(orders as [K | `-${K}`, ...(K | `-${K}`)[]]);
}

/** The additional parameters of a list whose items have metadata. */
export const METADATA_QUERY = { metadata: z._default(MetadataQuery, () => []) };

/** The additional parameter of a list that can be read by cursors. */
export const CURSOR_QUERY = { cursor: z.optional(text()) };

/** The form of an answer, for where a browser cannot set `Accept`. */
export const QueryFormat = z.enum(["json", "csv"]);
export type QueryFormat = z.output<typeof QueryFormat>;

/** The additional parameter of what can be answered as a table. */
export const FORMAT_QUERY = { format: z.optional(QueryFormat) };

/** The message for a cursor that no page of the list has returned. */
export const FOREIGN_CURSOR =
  "This cursor is not one of this list with these parameters. Send next_cursor of the page before with the same ones, or an empty cursor.";

/** The end of a page: the values of its last row in the columns that the list is sorted by. */
export type Position = (string | number | null)[];

/** The parameters of an organization's lists: a filter by organization, and those of every list. */
export function listQuery<S extends z.core.$ZodShape, O extends string, M extends z.core.$ZodShape>(
  filters: S,
  order: z.ZodMiniType<O>,
  more: M,
) {
  return pageQuery({ organization_id: many(Uuid4), ...filters }, { sorting: sortedBy<O>(order), ...more });
}

/** The parameters of a page, between others. */
export function pageQuery<S extends z.core.$ZodShape, M extends z.core.$ZodShape>(before: S, after: M) {
  const Query = z.object({ ...before, page: z.optional(Positive), limit: z._default(Positive, 10n), ...after });
  return z.pipe(
    Query,
    z.transform((query: z.output<typeof Query>, ctx) => {
      const { page = 1n, limit: requested, ...filtered } = query as typeof query & { page?: bigint; limit: bigint };
      if ("cursor" in query && query.cursor !== undefined && "page" in query && query.page !== undefined) {
        report(ctx, { type: "value_error" }, "Send page or cursor, not both.", query.cursor, ["cursor"]);
      }
      const limit = requested > MAX_LIMIT ? MAX_LIMIT : requested;
      const offset = (page - 1n) * limit;
      if (offset > MAX_OFFSET) {
        report(ctx, { type: "less_than_equal" }, "The page number is too large.", String(page), ["page"]);
      }
      // Rounding to a double matters only far beyond the end of any list.
      return { ...filtered, limit: Number(limit), offset: Math.min(Number(offset), Number.MAX_SAFE_INTEGER) };
    }),
  );
}

/** The parameter that sorts a list. */
export const sortedBy = <O extends string>(order: z.ZodMiniType<O>) => repeatable(z.optional(sortingBy<O>(order)));

/** A list of sort orders; only the first one for each column counts. */
function sortingBy<O extends string>(property: z.ZodMiniType<O>): z.ZodMiniType<O[]> {
  const Orders: z.ZodMiniType<O[]> = z.array(property);
  const withoutRepeats = (sorting: O[]) => {
    const columns = sorting.map((order) => order.replace("-", ""));
    return sorting.filter((_, index) => columns.indexOf(columns[index]!) === index);
  };
  return z.pipe(Orders, z.transform(withoutRepeats));
}

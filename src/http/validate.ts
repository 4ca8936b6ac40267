import { zValidator } from "@hono/zod-validator";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import * as z from "zod/mini";
import type { AppEnv } from "./env.ts";
import { type Problem, RequestValidationError } from "../errors.ts";
import { type BodyRules, readJson } from "./body.ts";
import { unknownNames } from "./names.ts";
import { noteApplied, prefers } from "./preferences.ts";
import { toProblems } from "./problems.ts";
import { repeatableNames } from "../wire/query.ts";
import { queryAsSent, readQuery } from "./query.ts";

/** The schemas of a route: for its path parameters, its query string and its JSON body. */
type Schemas = { param?: z.ZodMiniType; query?: z.ZodMiniType; json?: z.ZodMiniType<object> };
type Valid<S extends Schemas> = { [K in keyof S]: S[K] extends z.ZodMiniType ? z.output<S[K]> : never };

/** The maximum size of a JSON body, unless the route sets another: 1 MiB. */
const BODY_LIMIT = 1024 * 1024;
/** The first element of `loc` for each target. */
const PLACES = { param: "path", query: "query", json: "body" } as const;
const NO_PARAMETERS = z.object({});
const MISSING_BODY: Problem = { type: "missing", loc: ["body"], msg: "A JSON body is required." };
const MALFORMED_PATH: Problem = {
  type: "value_error",
  loc: ["path"],
  msg: "The path should be percent-encoded UTF-8.",
};

/**
 * Validates path, query and body together, so that one 422 lists every problem; handlers read the result with `c.req.valid`.
 * @throws RequestValidationError (422), and what reading a JSON body throws
 */
export function validate<S extends Schemas>({ param, query, json }: S, rules: Partial<BodyRules> = {}) {
  const bodyRules: BodyRules = { limit: BODY_LIMIT, takesGzip: false, ...rules };
  const repeatable = query === undefined ? new Set<string>() : repeatableNames(query);
  return createMiddleware<AppEnv, string, { out: Valid<S> }>(async (c, next) => {
    const problems: Problem[] = [];
    c.set("place", json ? PLACES.json : PLACES.query);
    const isStrict = prefers(c, "handling=strict");
    if (isStrict) noteApplied(c, "handling=strict");
    const body = json && (await readJson(c, bodyRules));
    c.set("body", body);
    if (param) problems.push(...(await problemsOf(c, "param", param, c.req.param())));
    if (param && problems.length === 0 && !isDecodable(c.req.url)) problems.push(MALFORMED_PATH);
    const read = readQuery(c.req.url, repeatable);
    if (query) {
      problems.push(...(await problemsOf(c, "query", query, read)));
      for (const problem of problems) if (problem.input === read) problem.input = queryAsSent(c.req.url);
    }
    problems.push(...unknownNames(PLACES.query, query ?? NO_PARAMETERS, isStrict ? read : onlyGrouping(read)));
    if (json) problems.push(...unknownNames(PLACES.json, json, isStrict ? body : onlyGrouping(body)));
    if (json && body === undefined) problems.push(MISSING_BODY);
    else if (json) {
      const result = json.safeParse(body);
      // zValidator would parse the body again, with another parser.
      if (result.success) c.req.addValidatedData("json", result.data);
      else problems.push(...toProblems(PLACES.json, result.error.issues, body));
    }
    if (problems.length > 0) throw new RequestValidationError(problems);
    await next();
  });
}

/**
 * The one name that is refused where it is unknown, although others are ignored: a total that was meant to be in groups looks
 * like an answer.
 */
function onlyGrouping(value: unknown): object {
  const isGrouped = typeof value === "object" && value !== null && Object.hasOwn(value, "group_by");
  return isGrouped ? { group_by: true } : {};
}

/**
 * Validates a part of a request, and makes it available to handlers.
 * @param value is used instead of what Hono reads, which does not distinguish repeatable parameters
 */
async function problemsOf(
  c: Context<AppEnv>,
  target: "param" | "query",
  schema: z.ZodMiniType,
  value: unknown,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const validationFunction = () => {
    const result = schema.safeParse(value);
    if (result.success) return { success: true as const, data: result.data };
    problems.push(...toProblems(PLACES[target], result.error.issues, value));
    throw new RequestValidationError(problems);
  };
  const validator = zValidator<z.ZodMiniType, typeof target, AppEnv, string>(target, schema, undefined, {
    validationFunction,
  });
  await validator(c, async () => {}).catch((error: unknown) => {
    if (problems.length === 0) throw error;
  });
  return problems;
}

/** Returns whether a path can be decoded; Hono uses a malformed one undecoded. */
function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(new URL(url).pathname);
    return true;
  } catch {
    return false;
  }
}

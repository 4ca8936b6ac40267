import { zValidator } from "@hono/zod-validator";
import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type * as z from "zod/mini";
import type { AppEnv } from "./env.ts";
import { type Problem, RequestValidationError } from "../errors.ts";
import { readJson } from "./body.ts";
import { toProblems } from "./problems.ts";
import { repeatableNames } from "../wire/query.ts";
import { queryAsSent, readQuery } from "./query.ts";

/** What a route accepts: schemas for the parameters of its path, for its query string and for its JSON body. */
type Schemas = { param?: z.ZodMiniType; query?: z.ZodMiniType; json?: z.ZodMiniType };
type Valid<S extends Schemas> = { [K in keyof S]: S[K] extends z.ZodMiniType ? z.output<S[K]> : never };

/** The maximum size of a JSON body, unless the route sets another: 1 MiB. */
const BODY_LIMIT = 1024 * 1024;
/** The first element of `loc` for each target. */
const PLACES = { param: "path", query: "query", json: "body" } as const;
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
export function validate<S extends Schemas>(schemas: S, { bodyLimit = BODY_LIMIT } = {}) {
  const repeatable = schemas.query === undefined ? new Set<string>() : repeatableNames(schemas.query);
  const middleware = createMiddleware<AppEnv>(async (c, next) => {
    const problems: Problem[] = [];
    const check = async (target: keyof typeof PLACES, value: unknown) => {
      const collect = (result: z.core.util.SafeParseResult<unknown>) => {
        if (result.success) return;
        problems.push(...toProblems(PLACES[target], result.error.issues, value));
        // Only stops zod-validator from answering by itself.
        return new Response();
      };
      const options = { validationFunction: (schema: z.ZodMiniType) => schema.safeParse(value) as never };
      const validator = zValidator(target, schemas[target]!, collect as never, options) as MiddlewareHandler<AppEnv>;
      await validator(c, async () => {});
    };
    const body = schemas.json && (await readJson(c, bodyLimit));
    c.req.json = () => Promise.resolve(body as never);
    if (schemas.param) await check("param", c.req.param());
    if (schemas.param && problems.length === 0 && !isDecodable(c.req.url)) problems.push(MALFORMED_PATH);
    if (schemas.query) {
      const query = readQuery(c.req.url, repeatable);
      await check("query", query);
      for (const problem of problems) if (problem.input === query) problem.input = queryAsSent(c.req.url);
    }
    if (schemas.json && body === undefined) problems.push(MISSING_BODY);
    else if (schemas.json) await check("json", body);
    if (problems.length > 0) throw new RequestValidationError(problems);
    await next();
  });
  return middleware as MiddlewareHandler<AppEnv, string, { out: Valid<S> }>;
}

/** Returns whether a path can be decoded; Hono takes what cannot be for the text itself. */
function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(new URL(url).pathname);
    return true;
  } catch {
    return false;
  }
}

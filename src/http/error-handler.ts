import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { causeOf, failureOf, WriteRefused } from "../store/failures.ts";
import type { AppEnv } from "./env.ts";
import {
  ApiError,
  InvalidFields,
  InvalidToken,
  OrganizationMoving,
  PolarRequestValidationError,
  ServiceUnavailable,
  StorageFull,
} from "../errors.ts";
import { echo } from "./problem-inputs.ts";

/** Seconds after which a caller should try again when a migration is missing: only an operator can apply it. */
const MIGRATION_TIME = 30;

/** Responds to any thrown value in the common error format; the cause goes to the log only. */
export function handleError(thrown: unknown, c: Context<AppEnv>): Response {
  const error = toApiError(thrown, c);
  if (!(error instanceof ApiError)) {
    return answer(c, 500, { error: "InternalServerError", detail: "Internal Server Error" }, {}, thrown);
  }
  const body = Array.isArray(error.detail) ? { ...error.body(), detail: echo(error.detail) } : error.body();
  return answer(c, error.status, body, error.headers, error.cause);
}

function toApiError(thrown: unknown, c: Context<AppEnv>): unknown {
  // Our own errors may quote the caller's text, which must not be matched against messages of a database.
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof InvalidFields) {
    const inPath = c.req.param();
    return new PolarRequestValidationError(
      thrown.problems.map(({ field, ...problem }) => {
        const place = Object.hasOwn(inPath, String(field[0])) ? "path" : c.var.place;
        return { ...problem, loc: [place, ...field] };
      }),
    );
  }
  if (thrown instanceof WriteRefused && thrown.attempt === "first") {
    if (thrown.reason === "revoked") return new InvalidToken("The token was revoked.");
    c.set("failure", "OrganizationMoving");
    return new OrganizationMoving();
  }
  const failure = failureOf(thrown);
  if (failure === undefined) return thrown;
  c.set("failure", failure);
  if (failure === "StoreFull") return new StorageFull(thrown);
  return new ServiceUnavailable(thrown, failure === "SchemaOutdated" ? MIGRATION_TIME : undefined);
}

function answer(
  c: Context<AppEnv>,
  status: ContentfulStatusCode,
  body: Record<string, unknown>,
  headers: Record<string, string>,
  cause: unknown,
): Response {
  // Responses about credentials must not be cached.
  const cache: Record<string, string> = status === 401 || status === 403 ? { "Cache-Control": "no-store" } : {};
  c.set("error", String(body["error"]));
  if (cause !== undefined) c.set("cause", withFrames(cause));
  return c.json(body, status, { ...headers, ...cache });
}

/** A failure's text and stack frames, without the stack's message line, which may quote parameters. */
function withFrames(cause: unknown): string {
  const stack = cause instanceof Error ? (cause.stack ?? "") : "";
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return [causeOf(cause), ...frames].join("\n");
}

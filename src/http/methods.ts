import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import { handleError } from "./error-handler.ts";
import { MethodNotAllowed } from "../errors.ts";

/** Responds to a method that a path does not have: to OPTIONS with the allowed methods, to any other one with a 405. */
export function answerMethods(c: Context<AppEnv>, methods: readonly string[]): Response {
  const allowed = [...methods, "OPTIONS"];
  if (c.req.method === "OPTIONS") return c.body(null, 204, { Allow: allowed.join(", ") });
  return handleError(new MethodNotAllowed(c.req.method, allowed), c);
}

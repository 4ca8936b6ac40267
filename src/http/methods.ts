import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import { handleError } from "./error-handler.ts";
import { MethodNotAllowed } from "../errors.ts";

/** Answers a method that a path does not have: OPTIONS with the methods that it has, any other one with a 405. */
export function answerMethods(c: Context<AppEnv>, methods: readonly string[]): Response {
  const allowed = [...methods, "OPTIONS"];
  if (c.req.method === "OPTIONS") return c.body(null, 204, { Allow: allowed.join(", ") });
  return handleError(new MethodNotAllowed(c.req.method, allowed), c);
}

import type { Context } from "hono";
import { Hono } from "hono/quick";
import type { AppEnv } from "../http/env.ts";
import { answerMethods } from "../http/methods.ts";
import { opened } from "../http/store.ts";
import { readReadiness } from "./readiness.ts";

/** For monitors, without a token. The API's document omits these routes, because they accept every method. */
export const healthRoutes = new Hono<AppEnv>()
  .all("/healthz", (c) => answerStatus(c, async () => ({ status: "ok" })))
  .all("/readyz", (c) => answerStatus(c, () => readReadiness(c.var.openStore, c.env, opened.objects)));

async function answerStatus(c: Context<AppEnv>, find: () => Promise<{ status: "ok" | "failed" }>): Promise<Response> {
  if (c.req.method !== "GET" && c.req.method !== "HEAD") return answerMethods(c, ["GET", "HEAD"]);
  const found = await find();
  return c.json(found, found.status === "ok" ? 200 : 503, { "Cache-Control": "no-store" });
}

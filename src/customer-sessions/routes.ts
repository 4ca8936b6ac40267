import type { Context } from "hono";
import { Hono } from "hono/quick";
import { requireScope } from "../auth/authenticate.ts";
import { answerJson } from "../http/answer.ts";
import type { AppEnv } from "../http/env.ts";
import { storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { createSession, type Places } from "./create.ts";
import { endSessions } from "./end.ts";
import { SessionCreate } from "./schemas.ts";

const PATH = "/v1/customer-sessions";
const WRITE = requireScope("customer_sessions:write");

/** The routes of customers' sessions. */
export const customerSessionRoutes = new Hono<AppEnv>()

  .post(PATH, WRITE, validate({ json: SessionCreate }), async (c) => {
    const { origin } = new URL(c.req.url);
    return answerJson(c, await createSession(placesOf(c), c.req.valid("json"), origin, Date.now()), 201);
  })

  .delete(PATH, WRITE, validate({}), async (c) => {
    await endSessions(placesOf(c), Date.now());
    return c.body(null, 204);
  });

const placesOf = (c: Context<AppEnv>): Places => ({ store: storeOf(c), kv: c.env.TOKENS });

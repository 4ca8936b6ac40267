import { Hono } from "hono/quick";
import { requireScope } from "../auth/authenticate.ts";
import { SCOPES } from "../auth/principal.ts";
import { answerJson } from "../http/answer.ts";
import type { AppEnv } from "../http/env.ts";
import { storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { readOrganization } from "./read.ts";

/** The route of the organization itself, which any token may read. */
export const organizationRoutes = new Hono<AppEnv>().get(
  "/v1/organization",
  requireScope(...SCOPES),
  validate({}),
  async (c) => answerJson(c, await readOrganization(storeOf(c))),
);

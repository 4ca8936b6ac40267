import type { Context } from "hono";
import { Hono } from "hono/quick";
import { PolarRequestValidationError } from "../errors.ts";
import { SCOPES } from "../auth/principal.ts";
import { answerJson } from "../http/answer.ts";
import { requireScope } from "../auth/authenticate.ts";
import type { AppEnv } from "../http/env.ts";
import { readIdempotency, reusedKey } from "../http/idempotency.ts";
import { organizationProblem } from "../http/organization.ts";
import { answerPage } from "../http/page.ts";
import { storeOf } from "../http/store.ts";
import { WriteRefused } from "../store/failures.ts";
import { validate } from "../http/validate.ts";
import { hashToken } from "../auth/token.ts";
import { adopt, toRow } from "./adopt.ts";
import { createToken } from "./create.ts";
import { deleteToken } from "./delete.ts";
import { introspect } from "./introspect.ts";
import type { Access } from "./kv.ts";
import { presentToken } from "./present.ts";
import { listRows } from "./queries.ts";
import { rotateToken } from "./rotate.ts";
import {
  DEFAULT_GRACE,
  ForceQuery,
  TokenCreate,
  TokenListQuery,
  TokenPath,
  TokenRotate,
  TokenUpdate,
} from "./schemas.ts";
import { updateToken } from "./update.ts";

const READ = requireScope("organization_access_tokens:read", "organization_access_tokens:write");
const WRITE = requireScope("organization_access_tokens:write");
const BY_ID = "/v1/organization-access-tokens/:id";

/** The routes of organization access tokens. */
export const tokenRoutes = new Hono<AppEnv>()

  .get("/v1/organization-access-tokens", READ, validate({ query: TokenListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(c, query, async () => {
      await accessOf(c).catch(unlessMoving);
      const { rows, total } = await listRows(storeOf(c), query);
      return { items: rows.map(presentToken), total };
    });
  })

  .get("/v1/organization-access-tokens/introspect", requireScope(...SCOPES), validate({}), async (c) => {
    const { token, record } = c.var.presented;
    return answerJson(c, presentToken(await introspect(storeOf(c), token, record)));
  })

  .post("/v1/organization-access-tokens", WRITE, validate({ json: TokenCreate }), async (c) => {
    const access = await accessOf(c);
    const { organization_id, ...token } = c.req.valid("json");
    const problem = organizationProblem(organization_id, access.store.organizationId, ["body"]);
    if (problem !== null) throw new PolarRequestValidationError([problem]);
    const idempotency = await readIdempotency(c, { organization_access_token: token });
    const created = await createToken(access, token, idempotency);
    if (created === null) throw reusedKey(idempotency);
    if (created.token === null) c.header("Idempotent-Replayed", "true");
    return answerJson(c, created, 201);
  })

  .patch(BY_ID, WRITE, validate({ param: TokenPath, query: ForceQuery, json: TokenUpdate }), async (c) => {
    const access = await accessOf(c);
    const { force } = c.req.valid("query");
    const row = await updateToken(access, c.req.valid("param").id, c.req.valid("json"), force);
    return answerJson(c, presentToken(row));
  })

  .delete(BY_ID, WRITE, validate({ param: TokenPath, query: ForceQuery }), async (c) => {
    await deleteToken(await accessOf(c), c.req.valid("param").id, c.req.valid("query").force);
    return c.body(null, 204);
  })

  .post(`${BY_ID}/rotate`, WRITE, validate({ param: TokenPath, json: TokenRotate }), async (c) => {
    const access = await accessOf(c);
    const { grace_period } = c.req.valid("json");
    return answerJson(c, await rotateToken(access, c.req.valid("param").id, grace_period ?? DEFAULT_GRACE), 201);
  });

/** While an organization is moved, no token can be added to the store, but stored ones can be read. */
function unlessMoving(error: unknown): void {
  if (!(error instanceof WriteRefused) || error.reason === "revoked") throw error;
}

/** The context of an operation. It adds the request's token to the store if necessary, because the store has its scopes. */
async function accessOf(c: Context<AppEnv>): Promise<Access> {
  const { token, record } = c.var.presented;
  const access = { store: storeOf(c), kv: c.env.TOKENS, caller: record.id, now: Date.now() };
  await adopt(access, toRow(await hashToken(token), record));
  return access;
}

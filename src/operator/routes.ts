import { Hono } from "hono/quick";
import { requireOperator } from "../http/auth.ts";
import type { AppEnv } from "../http/env.ts";
import { validate } from "../http/validate.ts";
import { openD1 } from "../store/d1.ts";
import { openObject } from "../store/object.ts";
import { defaultStore } from "../store/kinds.ts";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { storeNamed } from "../tokens/records.ts";
import { goOnRestoring } from "./restore.ts";
import { goOnVerifying } from "./verify.ts";
import { goOnCancelling, goOnDeletingOld, goOnMoving, type Move } from "./move.ts";
import { MoveBody, OrganizationPath, RestoreBody, VerifyBody } from "./schemas.ts";

/** Milliseconds that a request works; the operator's command then asks for more. */
const REQUEST_TIME = 3000;

/**
 * What `npm run organization` asks of the deployed Worker. Not a part of the API: each request does some of the work, and
 * answers where to go on.
 */
export const operatorRoutes = new Hono<AppEnv>()
  .use("/operator/*", requireOperator)
  .post("/operator/organizations/:id/move", validate({ param: OrganizationPath, json: MoveBody }), async (c) => {
    const { id } = c.req.valid("param");
    return c.json(await goOnMoving(moveOf(c.env, id), c.env.TOKENS, c.req.valid("json"), deadline()));
  })
  .post("/operator/organizations/:id/move/cancel", validate({ param: OrganizationPath }), async (c) =>
    c.json({ done: await goOnCancelling(moveOf(c.env, c.req.valid("param").id), deadline()) }),
  )
  .post("/operator/organizations/:id/move/delete-old", validate({ param: OrganizationPath }), async (c) =>
    c.json({ done: await goOnDeletingOld(moveOf(c.env, c.req.valid("param").id), deadline()) }),
  )
  .post("/operator/organizations/:id/verify", validate({ param: OrganizationPath, json: VerifyBody }), async (c) => {
    const store = await storeOf(c.env, c.req.valid("param").id);
    const { state, repair } = c.req.valid("json");
    return c.json(await goOnVerifying(store, state, repair, deadline()));
  })
  .post("/operator/organizations/:id/restore", validate({ param: OrganizationPath, json: RestoreBody }), async (c) => {
    const store = await storeOf(c.env, c.req.valid("param").id);
    return c.json(await goOnRestoring(store, c.env, c.req.valid("json"), deadline()));
  });

/** The store of an organization, wherever it is: its tokens may name none. */
async function storeOf(env: Env, organizationId: string): Promise<Store> {
  const store = (await storeNamed(env.TOKENS, organizationId)) ?? defaultStore(env.STORE);
  return openStore(env, { organizationId, store });
}

/** Without the checks of ordinary stores: a move writes while everybody else may not. */
function moveOf(env: Env, organizationId: string): Move {
  return { from: openD1(env, organizationId), to: openObject(env, organizationId) };
}

const deadline = () => Date.now() + REQUEST_TIME;

import { Hono } from "hono/quick";
import { requireOperator } from "../auth/authenticate.ts";
import type { AppEnv } from "../http/env.ts";
import { validate } from "../http/validate.ts";
import { Budget } from "../jobs/budget.ts";
import { openD1 } from "../store/d1.ts";
import { openObject } from "../store/object.ts";
import { defaultStore } from "../store/kinds.ts";
import { openStore } from "../store/open.ts";
import { nameStore } from "../organization-access-tokens/sync.ts";
import { storeNamed } from "../auth/records.ts";
import { goOnCancelling, goOnDeletingOld } from "./delete.ts";
import { goOnMoving, markMoved, type Move } from "./move.ts";
import { goOnRestoring } from "./restore.ts";
import { MoveBody, OrganizationPath, RestoreBody, VerifyBody } from "./schemas.ts";
import { goOnVerifying } from "./verify.ts";

/** What a request takes, then the command asks for more: D1 allows 1,000 statements, and one step has less than 200. */
const REQUEST = { statements: 750, milliseconds: 3000 };
const PATH = "/operator/organizations/:id";

/**
 * What `npm run organization` asks of the deployed Worker. Not a part of the API: each request does some of the work, and
 * answers where to go on.
 */
export const operatorRoutes = new Hono<AppEnv>()
  .use("/operator/*", requireOperator)
  .post(`${PATH}/move`, validate({ param: OrganizationPath, json: MoveBody }), async (c) => {
    const { id } = c.req.valid("param");
    const { move, budget } = moveOf(c.env, id);
    return c.json(await goOnMoving(move, c.req.valid("json"), budget, () => nameObject(c.env, id)));
  })
  .post(`${PATH}/move/cancel`, validate({ param: OrganizationPath }), async (c) => {
    const { move, budget } = moveOf(c.env, c.req.valid("param").id);
    return c.json({ done: await goOnCancelling(move, budget) });
  })
  .post(`${PATH}/move/delete-old`, validate({ param: OrganizationPath }), async (c) => {
    const { id } = c.req.valid("param");
    const { move, budget } = moveOf(c.env, id);
    const done = await goOnDeletingOld(move, budget);
    // Again: an operation on tokens during the switch can have named the old one.
    if (done) await nameObject(c.env, id);
    return c.json({ done });
  })
  .post(`${PATH}/move/mark`, validate({ param: OrganizationPath }), async (c) => {
    const { id } = c.req.valid("param");
    await markMoved(moveOf(c.env, id).move, await storeNamed(c.env.TOKENS, id));
    return c.json({ done: true });
  })
  .post(`${PATH}/verify`, validate({ param: OrganizationPath, json: VerifyBody }), async (c) => {
    const { store, budget } = await storeOf(c.env, c.req.valid("param").id);
    const { state, repair } = c.req.valid("json");
    return c.json(await goOnVerifying(store, state, repair, budget));
  })
  .post(`${PATH}/restore`, validate({ param: OrganizationPath, json: RestoreBody }), async (c) => {
    const { store, budget } = await storeOf(c.env, c.req.valid("param").id);
    return c.json(await goOnRestoring(store, c.env, c.req.valid("json"), budget));
  });

/** The store of an organization, wherever it is: its tokens may name none. */
async function storeOf(env: Env, organizationId: string) {
  const store = (await storeNamed(env.TOKENS, organizationId)) ?? defaultStore(env.STORE);
  return { store: openStore(env, { organizationId, store }), budget: new Budget(REQUEST) };
}

/** Without the checks of ordinary stores: a move writes while everybody else may not. */
function moveOf(env: Env, organizationId: string): { move: Move; budget: Budget } {
  const move = { from: openD1(env, organizationId), to: openObject(env, organizationId) };
  return { move, budget: new Budget(REQUEST) };
}

const nameObject = (env: Env, organizationId: string) => nameStore(openObject(env, organizationId), env.TOKENS);

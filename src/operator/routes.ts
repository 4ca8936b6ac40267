import type { Context } from "hono";
import { Hono } from "hono/quick";
import { requireOperator } from "../auth/authenticate.ts";
import { changeHome, findHome } from "../auth/homes.ts";
import { ResourceNotFound } from "../errors.ts";
import type { AppEnv } from "../http/env.ts";
import { validate } from "../http/validate.ts";
import { Budget } from "../jobs/budget.ts";
import { publishNext } from "../organization-access-tokens/kv.ts";
import { openD1 } from "../store/d1.ts";
import type { StoreKind } from "../store/kinds.ts";
import { openObject } from "../store/object.ts";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { goOnCancelling, goOnDeletingOld } from "./delete.ts";
import { goOnMoving, markMoved, type Move } from "./move.ts";
import { goOnRestoring } from "./restore.ts";
import { OrganizationPath, RestoreBody, RevokeBody, TokenBody, TokenListBody, VerifyBody } from "./schemas.ts";
import { listAllTokens, listTokens, revokeToken, storeForToken, storeToken } from "./tokens.ts";
import { goOnVerifying } from "./verify.ts";

/** The budget of a request, after which the command sends another one. D1 allows 1,000 statements; a step has less than 200. */
const REQUEST = { statements: 750, milliseconds: 3000 };
const PATH = "/operator/organizations/:id";
const ofOrganization = validate({ param: OrganizationPath });

/**
 * The endpoints of `npm run token` and `npm run organization`, which are not part of the API. A long operation does some of
 * the work in each request, and responds with the position where to continue.
 */
export const operatorRoutes = new Hono<AppEnv>()
  .use("/operator/*", requireOperator)
  .post(`${PATH}/move`, ofOrganization, async (c) => {
    const { id } = c.req.valid("param");
    const { move, budget } = await moveOf(c, id);
    return c.json(await goOnMoving(move, budget, (after) => nameObject(c, id, after)));
  })
  .post(`${PATH}/move/cancel`, ofOrganization, async (c) => {
    const { move, budget } = await moveOf(c, c.req.valid("param").id);
    return c.json({ done: await goOnCancelling(move, budget) });
  })
  .post(`${PATH}/move/delete-old`, ofOrganization, async (c) => {
    const { id } = c.req.valid("param");
    const { move, budget } = await moveOf(c, id);
    return c.json({ done: await goOnDeletingOld(move, budget) });
  })
  .post(`${PATH}/move/mark`, ofOrganization, async (c) => {
    const { id } = c.req.valid("param");
    const { move, home } = await moveOf(c, id);
    await markMoved(move, home);
    return c.json({ done: true });
  })
  .post(`${PATH}/verify`, validate({ param: OrganizationPath, json: VerifyBody }), async (c) => {
    const { id } = c.req.valid("param");
    const { store, budget } = open(c, id, await findStore(c, id));
    const { state, repair } = c.req.valid("json");
    return c.json(await goOnVerifying(store, state, repair, budget));
  })
  .post(`${PATH}/restore`, validate({ param: OrganizationPath, json: RestoreBody }), async (c) => {
    const { id } = c.req.valid("param");
    const { store, budget } = open(c, id, await findStore(c, id));
    return c.json(await goOnRestoring(store, c.env, c.req.valid("json"), budget));
  })
  .post(`${PATH}/tokens/create`, validate({ param: OrganizationPath, json: TokenBody }), async (c) => {
    const [{ id }, body] = [c.req.valid("param"), c.req.valid("json")];
    const { store } = open(c, id, await storeForToken(c.env, id, body.store));
    return c.json(await storeToken({ store, kv: c.env.TOKENS }, body, Date.now()));
  })
  .post(`${PATH}/tokens/list`, ofOrganization, async (c) => {
    const { id } = c.req.valid("param");
    return c.json({ tokens: await listTokens(open(c, id, await findStore(c, id)).store), cursor: null });
  })
  .post(`${PATH}/tokens/revoke`, validate({ param: OrganizationPath, json: RevokeBody }), async (c) => {
    const { id } = c.req.valid("param");
    const { store } = open(c, id, await findStore(c, id));
    await revokeToken({ store, kv: c.env.TOKENS }, c.req.valid("json").token_id, Date.now());
    return c.json({ done: true });
  })
  .post("/operator/tokens/list", validate({ json: TokenListBody }), async (c) =>
    c.json(await listAllTokens(c.env, (id, kind) => open(c, id, kind).store, c.req.valid("json").cursor)),
  );

/** @throws ResourceNotFound when there is no such organization: a mistyped id must not look like success */
async function findStore(c: Context<AppEnv>, organizationId: string): Promise<StoreKind> {
  const store = await findHome(c.env, organizationId);
  if (store === null) throw new ResourceNotFound(`There is no organization ${organizationId}.`);
  return store;
}

function open(c: Context<AppEnv>, organizationId: string, store: StoreKind): { store: Store; budget: Budget } {
  return { store: openStore(c.env, { organizationId, store }, c.var.usage), budget: new Budget(REQUEST) };
}

/** Opens both stores without the checks of ordinary stores: a move writes while requests may not. */
async function moveOf(c: Context<AppEnv>, organizationId: string) {
  const home = await findStore(c, organizationId);
  const from = openD1(c.env, organizationId, c.var.usage);
  const move: Move = { from, to: openObject(c.env, organizationId, c.var.usage) };
  return { move, budget: new Budget(REQUEST), home };
}

/** Records in KV that an organization is now in its object, in the records of its tokens after an id too. */
async function nameObject(c: Context<AppEnv>, organizationId: string, after: string): Promise<string | null> {
  const kv = c.env.TOKENS;
  if (after === "") await changeHome(kv, organizationId, "object");
  return publishNext({ store: openObject(c.env, organizationId, c.var.usage), kv }, Date.now(), after);
}

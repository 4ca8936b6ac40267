import type { Context } from "hono";
import { Hono } from "hono/quick";
import { requireSession } from "../auth/authenticate.ts";
import type { SessionPrincipal } from "../auth/principal.ts";
import { answerJson, eventsFromHeader } from "../http/answer.ts";
import type { AppEnv } from "../http/env.ts";
import { answerPage } from "../http/page.ts";
import { storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { findPortalBalance, findSessionCustomer, listPortalMeters, readPortalQuantities } from "./meters.ts";
import { presentPortalCustomer, presentSession, presentUser } from "./present.ts";
import { PortalMeterListQuery, PortalMeterPath, PortalQuantitiesQuery } from "./schemas.ts";

const PATH = "/v1/customer-portal";

/** The routes that take a customer's session, and no other token. */
export const customerPortalRoutes = new Hono<AppEnv>()

  .get(`${PATH}/meters`, requireSession, validate({ query: PortalMeterListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(c, query, () => listPortalMeters(storeOf(c), sessionOf(c).customerId, query));
  })

  .get(`${PATH}/meters/:id`, requireSession, validate({ param: PortalMeterPath }), async (c) => {
    return answerJson(c, await findPortalBalance(storeOf(c), sessionOf(c).customerId, c.req.valid("param").id));
  })

  .get(
    `${PATH}/meters/:id/quantities`,
    requireSession,
    validate({ param: PortalMeterPath, query: PortalQuantitiesQuery }),
    async (c) => {
      const { id } = c.req.valid("param");
      const read = await readPortalQuantities(storeOf(c), sessionOf(c).customerId, id, c.req.valid("query"));
      return answerJson(c, read.answer, 200, eventsFromHeader(read.eventsFrom));
    },
  )

  .get(`${PATH}/customers/me`, requireSession, validate({}), async (c) =>
    answerJson(c, presentPortalCustomer(await customerOf(c))),
  )

  .get(`${PATH}/customer-session/introspect`, requireSession, validate({}), async (c) => {
    await customerOf(c);
    return answerJson(c, presentSession(sessionOf(c)));
  })

  .get(`${PATH}/customer-session/user`, requireSession, validate({}), async (c) =>
    answerJson(c, presentUser(await customerOf(c))),
  );

const customerOf = (c: Context<AppEnv>) => findSessionCustomer(storeOf(c), sessionOf(c).customerId);

function sessionOf({ var: { principal } }: Context<AppEnv>): SessionPrincipal {
  if (principal.kind !== "session") throw new Error("the route has no requireSession");
  return principal;
}

import type { Context } from "hono";
import { Hono } from "hono/quick";
import { PolarRequestValidationError } from "../errors.ts";
import { requireScope } from "../auth/authenticate.ts";
import { answerJson } from "../http/answer.ts";
import type { AppEnv } from "../http/env.ts";
import { organizationProblem } from "../http/organization.ts";
import { answerPage } from "../http/page.ts";
import { storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { listAttempts } from "./deliveries.ts";
import {
  createEndpoint,
  deleteEndpoint,
  findEndpoint,
  listEndpoints,
  putTest,
  resetSecret,
  updateEndpoint,
} from "./endpoints.ts";
import { presentAttempt, presentEndpoint } from "./present.ts";
import { redeliver } from "./redeliver.ts";
import {
  DeliveryListQuery,
  EndpointCreate,
  EndpointListQuery,
  EndpointPath,
  EndpointUpdate,
  EventPath,
} from "./schemas.ts";

const READ = requireScope("webhooks:read", "webhooks:write");
const WRITE = requireScope("webhooks:write");
const ENDPOINTS = "/v1/webhooks/endpoints";
const BY_ID = `${ENDPOINTS}/:id`;

/** The routes of webhooks. */
export const webhookRoutes = new Hono<AppEnv>()

  .get(ENDPOINTS, READ, validate({ query: EndpointListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(c, query, async () => {
      const { rows, total } = await listEndpoints(storeOf(c), query);
      return { items: rows.map(presentEndpoint), total };
    });
  })

  .post(ENDPOINTS, WRITE, validate({ json: EndpointCreate }), async (c) => {
    const store = storeOf(c);
    const endpoint = c.req.valid("json");
    const problem = organizationProblem(endpoint.organization_id, store.organizationId, ["body"]);
    if (problem !== null) throw new PolarRequestValidationError([problem]);
    return answerJson(c, presentEndpoint(await createEndpoint(store, endpoint, c.env, Date.now())), 201);
  })

  .get(BY_ID, READ, validate({ param: EndpointPath }), async (c) =>
    answerJson(c, presentEndpoint(await findEndpoint(storeOf(c), c.req.valid("param").id))),
  )

  .patch(BY_ID, WRITE, validate({ param: EndpointPath, json: EndpointUpdate }), async (c) => {
    const { id } = c.req.valid("param");
    const row = await updateEndpoint(storeOf(c), id, c.req.valid("json"), c.env, Date.now());
    return answerJson(c, presentEndpoint(row));
  })

  .delete(BY_ID, WRITE, validate({ param: EndpointPath }), async (c) => {
    await deleteEndpoint(storeOf(c), c.req.valid("param").id);
    return c.body(null, 204);
  })

  .patch(`${BY_ID}/secret`, WRITE, validate({ param: EndpointPath }), async (c) =>
    answerJson(c, presentEndpoint(await resetSecret(storeOf(c), c.req.valid("param").id, Date.now()))),
  )

  .post(`${BY_ID}/test`, WRITE, validate({ param: EndpointPath }), async (c) => {
    await putTest(storeOf(c), c.req.valid("param").id, Date.now());
    return accepted(c);
  })

  .get("/v1/webhooks/deliveries", READ, validate({ query: DeliveryListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(c, query, async () => {
      const { rows, total } = await listAttempts(storeOf(c), query);
      return { items: rows.map(presentAttempt), total };
    });
  })

  .post("/v1/webhooks/events/:id/redeliver", WRITE, validate({ param: EventPath }), async (c) => {
    await redeliver(storeOf(c), c.req.valid("param").id);
    return accepted(c);
  });

/** What was put into the outbox is sent after the answer. */
const accepted = (c: Context<AppEnv>) => answerJson(c, null, 202);

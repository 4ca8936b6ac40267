import { Hono } from "hono/quick";
import { requireScope } from "../auth/authenticate.ts";
import { answerJson, answerText } from "../http/answer.ts";
import type { AppEnv } from "../http/env.ts";
import { readIdempotency, reusedKey } from "../http/idempotency.ts";
import { answerPage } from "../http/page.ts";
import { storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { createAlert } from "./create.ts";
import { presentAlert, presentTrigger } from "./present.ts";
import { findAlert, listAlerts, listTriggers } from "./queries.ts";
import { AlertCreate, AlertListQuery, AlertPath, AlertUpdate, TriggerListQuery } from "./schemas.ts";
import { deleteAlert, updateAlert } from "./update.ts";

const READ = requireScope("alerts:read", "alerts:write");
const WRITE = requireScope("alerts:write");

/** The routes of alerts. */
export const alertRoutes = new Hono<AppEnv>()

  .get("/v1/alerts", READ, validate({ query: AlertListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(c, query, async () => {
      const { rows, total } = await listAlerts(storeOf(c), query);
      return { items: rows.map(presentAlert), total };
    });
  })

  .post("/v1/alerts", WRITE, validate({ json: AlertCreate }), async (c) => {
    const alert = c.req.valid("json");
    const idempotency = await readIdempotency(c, { kind: "alert", ...alert });
    const created = await createAlert(storeOf(c), alert, idempotency, Date.now());
    if (created === null) throw reusedKey(idempotency);
    if (created.isReplayed) c.header("Idempotent-Replayed", "true");
    return answerText(c, created.answer, 201);
  })

  .get("/v1/alerts/:id", READ, validate({ param: AlertPath }), async (c) => {
    return answerJson(c, presentAlert(await findAlert(storeOf(c), c.req.valid("param").id)));
  })

  .patch("/v1/alerts/:id", WRITE, validate({ param: AlertPath, json: AlertUpdate }), async (c) => {
    const { id } = c.req.valid("param");
    const { row, already_reached } = await updateAlert(storeOf(c), id, c.req.valid("json"), Date.now());
    return answerJson(c, { ...presentAlert(row), already_reached });
  })

  .delete("/v1/alerts/:id", WRITE, validate({ param: AlertPath }), async (c) => {
    await deleteAlert(storeOf(c), c.req.valid("param").id);
    return c.body(null, 204);
  })

  .get("/v1/alerts/:id/triggers", READ, validate({ param: AlertPath, query: TriggerListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(c, query, async () => {
      const { rows, total } = await listTriggers(storeOf(c), c.req.valid("param").id, query);
      return { items: rows.map(presentTrigger), total };
    });
  });

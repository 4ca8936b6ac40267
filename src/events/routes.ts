import { Hono } from "hono/quick";
import { connect } from "../db/client.ts";
import type { AppEnv } from "../env.ts";
import { PolarRequestValidationError, ResourceNotFound } from "../errors.ts";
import { answerJson } from "../http/answer.ts";
import { requireScope } from "../http/auth.ts";
import { requireReadablePage, toPage } from "../http/list.ts";
import { validate } from "../http/validate.ts";
import { findMeter, toDefinition } from "../meters/queries.ts";
import { catchUpAndLog } from "../meters/rollup.ts";
import { checkEvents, checkSearch, checkTogether } from "./checks.ts";
import { toEvent, toEventName } from "./event.ts";
import { ingest } from "./ingest.ts";
import { findEvent, listEventNames, listEvents } from "./queries.ts";
import { EventListQuery, EventNamesQuery, EventPath, EventsIngest } from "./schemas.ts";

/** Bytes that a request of events may have: 8 MiB. */
const BODY_LIMIT = 8 * 1024 * 1024;
/** After an ingestion, meters this many events behind are caught up at once; the rest waits for the cron trigger. */
const CATCH_UP = { lag: 1000, runs: 8 };

/** The HTTP of events. */
export const eventRoutes = new Hono<AppEnv>()

  .post(
    "/v1/events/ingest",
    requireScope("events:write"),
    validate({ json: EventsIngest }, { bodyLimit: BODY_LIMIT }),
    async (c) => {
      const { organizationId } = c.var.principal;
      const { events } = c.req.valid("json");
      checkEvents(events, organizationId);
      const db = connect(c.env.DB);
      const detailed = /(^|[\s,])return="?representation"?($|[\s,;])/i.test(c.req.header("Prefer") ?? "");
      const outcomes = await ingest(db, organizationId, events, detailed, Date.now());
      c.executionCtx.waitUntil(catchUpAndLog(db, { ...CATCH_UP, organizationId }));
      const inserted = outcomes.filter(({ result }) => result === "inserted").length;
      const answer = { inserted, duplicates: outcomes.length - inserted };
      if (!detailed) return c.json(answer);
      return c.json({ ...answer, events: outcomes }, 200, { "Preference-Applied": "return=representation" });
    },
  )

  .get("/v1/events/", requireScope("events:read", "events:write"), validate({ query: EventListQuery }), async (c) => {
    const { organizationId } = c.var.principal;
    const query = c.req.valid("query");
    const db = connect(c.env.DB);
    checkSearch(query);
    const meter = query.meter_id === undefined ? null : await findMeter(db, organizationId, query.meter_id);
    if (query.meter_id !== undefined && meter === null) throw unknownMeter(query.meter_id);
    if (query.organization_id?.includes(organizationId) === false) return c.json(toPage([], 0, query.limit));
    const definition = meter && toDefinition(meter);
    checkTogether(query.filter, definition?.filter);
    const { rows, total } = await listEvents(db, organizationId, query, definition);
    requireReadablePage(rows, total, query);
    return answerJson(c, toPage(rows.map((row) => toEvent(organizationId, row)), total, query.limit)); // prettier-ignore
  })

  .get(
    "/v1/events/names",
    requireScope("events:read", "events:write"),
    validate({ query: EventNamesQuery }),
    async (c) => {
      const { organizationId } = c.var.principal;
      const query = c.req.valid("query");
      if (query.organization_id?.includes(organizationId) === false) return c.json(toPage([], 0, query.limit));
      const { rows, total } = await listEventNames(connect(c.env.DB), organizationId, query);
      return c.json(toPage(rows.map(toEventName), total, query.limit));
    },
  )

  .get("/v1/events/:id", requireScope("events:read", "events:write"), validate({ param: EventPath }), async (c) => {
    const { organizationId } = c.var.principal;
    const event = await findEvent(connect(c.env.DB), organizationId, c.req.valid("param").id);
    if (event === null) throw new ResourceNotFound("No event in your organization has this id.");
    return answerJson(c, toEvent(organizationId, event));
  });

function unknownMeter(id: string): PolarRequestValidationError {
  const msg = "No meter in your organization has this id.";
  return new PolarRequestValidationError([{ type: "meter_id", loc: ["query", "meter_id"], msg, input: id }]);
}

import { Hono } from "hono/quick";
import { PolarRequestValidationError, ResourceNotFound } from "../errors.ts";
import { answerJson } from "../http/answer.ts";
import { requireScope, requireScopes } from "../auth/authenticate.ts";
import type { AppEnv } from "../http/env.ts";
import { ignoredNames, ignoredWarnings } from "../http/names.ts";
import { organizationProblem } from "../http/organization.ts";
import { answerPage } from "../http/page.ts";
import { readIdempotency, reusedKey } from "../http/idempotency.ts";
import { noteApplied, prefers } from "../http/preferences.ts";
import { goOnAfterAnswer, storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import type { Warning } from "../wire/problem.ts";
import { ingest, toNewEvent } from "./ingest.ts";
import { INGESTION, keepUp } from "./keep-up.ts";
import { readEvents, requireListable } from "./list.ts";
import { explainInMeters } from "./meters.ts";
import { EVENTS_TABLE, presentEvent, presentEventName } from "./present.ts";
import { listEventNames } from "./names.ts";
import { findEvent } from "./queries.ts";
import {
  EventListQuery,
  EventMetersQuery,
  EventNamesQuery,
  EventPath,
  EventsIngest,
  EventsVoid,
  type EventCreate,
} from "./schemas.ts";
import { voidEvents } from "./void.ts";

/** The maximum size of a request with events: 8 MiB. */
const BODY_LIMIT = 8 * 1024 * 1024;

/** Warnings about ignored names that resemble a field; no field `warnings` without any. */
function warningsOf(body: unknown): { warnings?: Warning[] } {
  const warnings = ignoredNames(EventsIngest, body).map(({ loc, msg }): Warning => {
    const index = loc[2];
    return { ...(typeof index === "number" && { index }), loc, msg };
  });
  return warnings.length === 0 ? {} : { warnings };
}

/**
 * Events may name the organization that they belong to, but only the token's own.
 * @throws PolarRequestValidationError
 */
function requireOwn(events: Pick<EventCreate, "organization_id">[], own: string, field: string): void {
  const foreign = events.flatMap(
    ({ organization_id: id }, index) => organizationProblem(id, own, ["body", field, index]) ?? [],
  );
  if (foreign.length > 0) throw new PolarRequestValidationError(foreign);
}

/** The routes of events. */
export const eventRoutes = new Hono<AppEnv>()

  .post(
    "/v1/events/ingest",
    requireScope("events:write"),
    validate({ json: EventsIngest }, { limit: BODY_LIMIT, takesGzip: true }),
    async (c) => {
      const store = storeOf(c);
      const isDetailed = prefers(c, "return=representation");
      const { events } = c.req.valid("json");
      requireOwn(events, store.organizationId, "events");
      const newEvents = events.map((event) => toNewEvent(event, event));
      const idempotency = await readIdempotency(c, { events: newEvents });
      const options = { compare: isDetailed, now: Date.now() };
      const ingested = await ingest(store, newEvents, options, idempotency, warningsOf(c.var.body));
      if (ingested === "reused") throw reusedKey(idempotency);
      const { inserted, outcomes, extra, isReplayed } = ingested;
      if (isReplayed) c.header("Idempotent-Replayed", "true");
      else goOnAfterAnswer(c, store, (own) => keepUp(own, ingested, events.length, INGESTION));
      const counts = { inserted, duplicates: events.length - inserted };
      if (outcomes === null) return answerJson(c, { ...counts, ...extra });
      noteApplied(c, "return=representation");
      return answerJson(c, { ...counts, ...extra, events: outcomes });
    },
  )

  .post(
    "/v1/events/void",
    requireScope("events:write"),
    validate({ json: EventsVoid }, { limit: BODY_LIMIT }),
    async (c) => {
      const store = storeOf(c);
      const tokenId = "tokenId" in c.var.principal ? c.var.principal.tokenId : null;
      const { replacements, ...body } = c.req.valid("json");
      requireOwn(replacements, store.organizationId, "replacements");
      const request = { ...body, replacements: replacements.map((event) => toNewEvent(event, event)) };
      const idempotency = await readIdempotency(c, { kind: "void", ...request });
      const voided = await voidEvents(store, { ...request, tokenId }, idempotency, Date.now());
      if (voided === "reused") throw reusedKey(idempotency);
      const { events, replacements: stored, isReplayed } = voided;
      const count = (result: string) => [...events, ...stored].filter((each) => each.result === result).length;
      const counts = { voided: count("voided"), inserted: count("inserted") };
      if (isReplayed) c.header("Idempotent-Replayed", "true");
      else goOnAfterAnswer(c, store, (own) => keepUp(own, voided, counts.voided + counts.inserted, INGESTION));
      return answerJson(c, { ...counts, events, replacements: stored, ...ignoredWarnings(EventsVoid, c.var.body) });
    },
  )

  .get("/v1/events", requireScope("events:read", "events:write"), validate({ query: EventListQuery }), async (c) => {
    const store = storeOf(c);
    const query = c.req.valid("query");
    const meter = await requireListable(store, query);
    return answerPage(c, query, (after) => readEvents(store, query, meter, after), EVENTS_TABLE);
  })

  .get("/v1/events/names", requireScope("events:read", "events:write"), validate({ query: EventNamesQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(c, query, async () => {
      const { rows, ...counted } = await listEventNames(storeOf(c), query);
      return { items: rows.map(presentEventName), ...counted };
    });
  })

  .get("/v1/events/:id", requireScope("events:read", "events:write"), validate({ param: EventPath }), async (c) => {
    const store = storeOf(c);
    const event = await findEvent(store, c.req.valid("param").id);
    if (event === null) throw new ResourceNotFound("No event in your organization has this id.");
    return answerJson(c, await presentEvent(store.organizationId, event));
  })

  .get(
    "/v1/events/:id/meters",
    requireScopes("events:read", "meters:read"),
    validate({ param: EventPath, query: EventMetersQuery }),
    (c) => {
      const query = c.req.valid("query");
      return answerPage(c, query, () => explainInMeters(storeOf(c), c.req.valid("param").id, query));
    },
  );

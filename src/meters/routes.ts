import type { Context } from "hono";
import { Hono } from "hono/quick";
import { PolarRequestValidationError } from "../errors.ts";
import { presentEvent } from "../events/present.ts";
import type { EventCreate } from "../events/schemas.ts";
import { answerJson, answerText, eventsFromHeader } from "../http/answer.ts";
import { requireScope } from "../auth/authenticate.ts";
import { etagOf, matchesIfNoneMatch, requireIfMatch } from "../http/conditional.ts";
import type { AppEnv } from "../http/env.ts";
import { readIdempotency, reusedKey } from "../http/idempotency.ts";
import { organizationProblem } from "../http/organization.ts";
import { answerPage } from "../http/page.ts";
import { answerCsv, wantsCsv } from "../http/csv.ts";
import { storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import type { Store } from "../store/store.ts";
import { createMeter } from "./create.ts";
import { explainDefinition, explainForMeter } from "./explain.ts";
import { presentMeter, quantitiesTable } from "./present.ts";
import { previewMeter } from "./preview.ts";
import { readQuantities } from "./quantities.ts";
import { findMeter, listMeters, type MeterRow } from "./queries.ts";
import {
  DefinitionExplain,
  MeterCreate,
  MeterExplain,
  MeterListQuery,
  MeterPath,
  MeterPreview,
  MeterQuantitiesQuery,
  MeterUpdate,
} from "./schemas.ts";
import { updateMeter } from "./update.ts";

/** The routes of meters. */
export const meterRoutes = new Hono<AppEnv>()

  .get("/v1/meters", requireScope("meters:read", "meters:write"), validate({ query: MeterListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(c, query, async () => {
      const { rows, total } = await listMeters(storeOf(c), query);
      return { items: rows.map(presentMeter), total };
    });
  })

  .post("/v1/meters", requireScope("meters:write"), validate({ json: MeterCreate }), async (c) => {
    const store = storeOf(c);
    const meter = c.req.valid("json");
    const problem = organizationProblem(meter.organization_id, store.organizationId, ["body"]);
    if (problem !== null) throw new PolarRequestValidationError([problem]);
    const idempotency = await readIdempotency(c, { ...meter, organization_id: store.organizationId });
    const created = await createMeter(store, meter, idempotency, Date.now());
    if (created === null) throw reusedKey(idempotency);
    if (created.isReplayed) c.header("Idempotent-Replayed", "true");
    return answerText(c, created.answer, 201, { ETag: etagOf(1) });
  })

  .post(
    "/v1/meters/preview",
    requireScope("meters:read", "meters:write"),
    validate({ json: MeterPreview }),
    async (c) => {
      const store = storeOf(c);
      const { quantities, events, eventsFrom } = await previewMeter(store, c.req.valid("json"));
      const shown = await Promise.all(events.map((event) => presentEvent(store.organizationId, event)));
      return answerJson(c, { ...quantities, events: shown }, 200, eventsFromHeader(eventsFrom));
    },
  )

  .post("/v1/meters/explain", requireScope("meters:read"), validate({ json: DefinitionExplain }), async (c) => {
    const { event, ...definition } = c.req.valid("json");
    const store = storeOf(c);
    requireOwn(store, event);
    return answerJson(c, await explainDefinition(store, definition, event, Date.now()));
  })

  .post(
    "/v1/meters/:id/explain",
    requireScope("meters:read"),
    validate({ param: MeterPath, json: MeterExplain }),
    async (c) => {
      const { event } = c.req.valid("json");
      const store = storeOf(c);
      requireOwn(store, event);
      return answerJson(c, await explainForMeter(store, c.req.valid("param").id, event, Date.now()));
    },
  )

  .get("/v1/meters/:id", requireScope("meters:read", "meters:write"), validate({ param: MeterPath }), async (c) => {
    const meter = await findMeter(storeOf(c), c.req.valid("param").id);
    const etag = etagOf(meter.version);
    if (matchesIfNoneMatch(c, etag)) return c.body(null, 304, { ETag: etag });
    return answerMeter(c, meter);
  })

  .patch(
    "/v1/meters/:id",
    requireScope("meters:write"),
    validate({ param: MeterPath, json: MeterUpdate }),
    async (c) => {
      const requireVersion = ({ version }: MeterRow) => requireIfMatch(c, version);
      const { id } = c.req.valid("param");
      return answerMeter(c, await updateMeter(storeOf(c), id, c.req.valid("json"), requireVersion, Date.now()));
    },
  )

  .get(
    "/v1/meters/:id/quantities",
    requireScope("meters:read", "meters:write"),
    validate({ param: MeterPath, query: MeterQuantitiesQuery }),
    async (c) => {
      const query = c.req.valid("query");
      const { answer, eventsFrom } = await readQuantities(storeOf(c), c.req.valid("param").id, query);
      const headers = eventsFromHeader(eventsFrom);
      if (wantsCsv(c, query)) {
        const table = quantitiesTable(query, answer);
        return answerCsv(c, table, table.items, headers);
      }
      return answerJson(c, answer, 200, headers);
    },
  );

function requireOwn({ organizationId }: Store, event: EventCreate): void {
  const problem = organizationProblem(event.organization_id, organizationId, ["body", "event"]);
  if (problem !== null) throw new PolarRequestValidationError([problem]);
}

function answerMeter(c: Context<AppEnv>, meter: MeterRow) {
  return answerJson(c, presentMeter(meter), 200, { ETag: etagOf(meter.version) });
}

import type { Context } from "hono";
import { Hono } from "hono/quick";
import { connect } from "../db/client.ts";
import type { AppEnv } from "../env.ts";
import { PolarRequestValidationError } from "../errors.ts";
import { toEvent } from "../events/event.ts";
import { answerJson, answerText } from "../http/answer.ts";
import { requireScope } from "../http/auth.ts";
import { requireIfMatch, etagOf, matchesIfNoneMatch } from "../http/conditional.ts";
import { readIdempotency, reusedKey } from "../http/idempotency.ts";
import { requireReadablePage, toPage } from "../http/list.ts";
import { validate } from "../http/validate.ts";
import { createMeter } from "./create.ts";
import { toMeter } from "./meter.ts";
import { previewMeter } from "./preview.ts";
import { listMeters, type MeterRow, requireMeter } from "./queries.ts";
import { readQuantities } from "./read-quantities.ts";
import { MeterCreate, MeterListQuery, MeterPath, MeterPreview, MeterQuantitiesQuery, MeterUpdate } from "./schemas.ts";
import { updateMeter } from "./update.ts";

/** The HTTP of meters. */
export const meterRoutes = new Hono<AppEnv>()

  .get("/v1/meters/", requireScope("meters:read", "meters:write"), validate({ query: MeterListQuery }), async (c) => {
    const { organizationId } = c.var.principal;
    const query = c.req.valid("query");
    if (query.organization_id?.includes(organizationId) === false) return c.json(toPage([], 0, query.limit));
    const { rows, total } = await listMeters(connect(c.env.DB), organizationId, query);
    requireReadablePage(rows, total, query);
    return answerJson(c, toPage(rows.map(toMeter), total, query.limit));
  })

  .post("/v1/meters/", requireScope("meters:write"), validate({ json: MeterCreate }), async (c) => {
    const { organizationId } = c.var.principal;
    const meter = c.req.valid("json");
    checkOrganization(meter.organization_id, organizationId);
    const idempotency = await readIdempotency(c, { ...meter, organization_id: organizationId });
    const created = await createMeter(connect(c.env.DB), organizationId, meter, idempotency, Date.now());
    if (created === null) throw reusedKey(idempotency);
    if (created.replayed) c.header("Idempotent-Replayed", "true");
    return answerText(c, created.answer, 201, { ETag: etagOf(1) });
  })

  .post(
    "/v1/meters/preview",
    requireScope("meters:read", "meters:write"),
    validate({ json: MeterPreview }),
    async (c) => {
      const { organizationId } = c.var.principal;
      const { events, ...found } = await previewMeter(connect(c.env.DB), organizationId, c.req.valid("json"));
      return answerJson(c, { ...found, events: events.map((event) => toEvent(organizationId, event)) });
    },
  )

  .get("/v1/meters/:id", requireScope("meters:read", "meters:write"), validate({ param: MeterPath }), async (c) => {
    const meter = await requireMeter(connect(c.env.DB), c.var.principal.organizationId, c.req.valid("param").id);
    if (matchesIfNoneMatch(c, meter.version)) return c.body(null, 304, { ETag: etagOf(meter.version) });
    return answer(c, meter);
  })

  .patch(
    "/v1/meters/:id",
    requireScope("meters:write"),
    validate({ param: MeterPath, json: MeterUpdate }),
    async (c) => {
      const { id } = c.req.valid("param");
      const db = connect(c.env.DB);
      const check = (row: MeterRow) => requireIfMatch(c, row.version);
      const { organizationId } = c.var.principal;
      return answer(c, await updateMeter(db, organizationId, id, c.req.valid("json"), check, Date.now()));
    },
  )

  .get(
    "/v1/meters/:id/quantities",
    requireScope("meters:read", "meters:write"),
    validate({ param: MeterPath, query: MeterQuantitiesQuery }),
    async (c) => {
      const { organizationId } = c.var.principal;
      const { id } = c.req.valid("param");
      return c.json(await readQuantities(connect(c.env.DB), organizationId, id, c.req.valid("query")));
    },
  );

function answer(c: Context<AppEnv>, meter: MeterRow) {
  return answerJson(c, toMeter(meter), 200, { ETag: etagOf(meter.version) });
}

/** A body may name the organization that it writes to, but only the token's own. */
function checkOrganization(named: string | null, own: string): void {
  if (named === null || named === own) return;
  const msg = "The token belongs to another organization. Omit organization_id, or send the token's own.";
  const loc = ["body", "organization_id"];
  throw new PolarRequestValidationError([{ type: "organization_token", loc, msg, input: named }]);
}

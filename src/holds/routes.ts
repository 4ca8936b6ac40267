import { Hono } from "hono/quick";
import { requireScope, requireScopes } from "../auth/authenticate.ts";
import { INSUFFICIENT, presentRow } from "../customer-meters/present.ts";
import { toNewEvent } from "../events/ingest.ts";
import { DECISIONS, keepUp } from "../events/keep-up.ts";
import { answerJson } from "../http/answer.ts";
import type { AppEnv } from "../http/env.ts";
import { fingerprintOf, readIdempotency, reusedKey } from "../http/idempotency.ts";
import { ignoredWarnings } from "../http/names.ts";
import { answerPage } from "../http/page.ts";
import { goOnAfterAnswer, storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { createHold } from "./create.ts";
import { presentHold } from "./present.ts";
import { findHold, listHolds } from "./queries.ts";
import { releaseHold } from "./release.ts";
import { HoldCreate, HoldListQuery, HoldPath, SettlementCreate } from "./schemas.ts";
import { settleHold } from "./settle.ts";

const READ = requireScope("customer_meters:read");
/** Whoever serves a customer may use the balance up, and not raise it. */
const CONSUME = requireScopes("events:write", "customer_meters:read");

/** The routes of holds. */
export const holdRoutes = new Hono<AppEnv>()

  .get("/v1/customer-meters/holds", READ, validate({ query: HoldListQuery }), (c) => {
    const query = c.req.valid("query");
    const now = Date.now();
    return answerPage(c, query, async (after) => {
      const { rows, ...page } = await listHolds(storeOf(c), query, now, after);
      return { items: rows.map((row) => presentHold(row, now)), ...page };
    });
  })

  .post("/v1/customer-meters/holds", CONSUME, validate({ json: HoldCreate }), async (c) => {
    const now = Date.now();
    const body = c.req.valid("json");
    const { customer_id = null, external_customer_id = null } = body;
    const idempotency = await readIdempotency(c, { kind: "hold", ...body, customer_id, external_customer_id });
    const created = await createHold(storeOf(c), body, body, idempotency, now);
    if (created === null) throw reusedKey(idempotency);
    const { hold: times, standing, isReplayed } = created;
    const { available } = standing;
    const warnings = ignoredWarnings(HoldCreate, c.var.body);
    const customer_meter = await presentRow(standing);
    if (times === null) {
      const denied = { allowed: false, reason: INSUFFICIENT, required: body.units };
      return answerJson(c, { ...denied, available, customer_meter, ...warnings });
    }
    if (isReplayed) c.header("Idempotent-Replayed", "true");
    const { customer_id: customer, id: meter_id } = standing;
    const metadata = JSON.stringify(body.metadata);
    const row = { ...times, customer_id: customer, meter_id, units: body.units, metadata };
    const hold = presentHold({ ...row, status: "open", modified_at: null, event_id: null }, times.created_at);
    return answerJson(c, { allowed: true, hold, available, customer_meter, ...warnings }, 201);
  })

  .get("/v1/customer-meters/holds/:id", READ, validate({ param: HoldPath }), async (c) => {
    return answerJson(c, presentHold(await findHold(storeOf(c), c.req.valid("param").id), Date.now()));
  })

  .post(
    "/v1/customer-meters/holds/:id/settle",
    CONSUME,
    validate({ param: HoldPath, json: SettlementCreate }),
    async (c) => {
      const store = storeOf(c);
      const now = Date.now();
      const event = toNewEvent(c.req.valid("json").event, {});
      const { name, external_id, metadata } = event;
      const fingerprint = await fingerprintOf({ name, external_id, metadata });
      const settled = await settleHold(store, c.req.valid("param").id, { event, fingerprint }, now);
      const { hold, required, standing } = settled;
      const isInserted = settled.event.result === "inserted";
      if (isInserted) goOnAfterAnswer(c, store, (own) => keepUp(own, settled, 1, DECISIONS, hold.meter_id));
      const { index: _, ...outcome } = settled.event;
      return answerJson(c, {
        hold: presentHold(hold, now),
        event: outcome,
        required,
        overage: Math.max(0, required - hold.units),
        expired: hold.ends_at >= hold.expires_at,
        available: standing.available,
        customer_meter: await presentRow(standing, isInserted ? (event.timestamp ?? now) : undefined),
        ...ignoredWarnings(SettlementCreate, c.var.body),
      });
    },
  )

  .post("/v1/customer-meters/holds/:id/release", CONSUME, validate({ param: HoldPath }), async (c) => {
    const now = Date.now();
    return answerJson(c, presentHold(await releaseHold(storeOf(c), c.req.valid("param").id, now), now));
  });

import type { Context } from "hono";
import { Hono } from "hono/quick";
import { toNewEvent } from "../events/ingest.ts";
import { DECISIONS, keepUp } from "../events/keep-up.ts";
import { answerJson, answerText } from "../http/answer.ts";
import { requireScope, requireScopes } from "../auth/authenticate.ts";
import type { AppEnv } from "../http/env.ts";
import { readIdempotency, reusedKey } from "../http/idempotency.ts";
import { ignoredWarnings } from "../http/names.ts";
import { answerPage } from "../http/page.ts";
import { goOnAfterAnswer, storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { check } from "./check.ts";
import { consume } from "./consume.ts";
import { createEntry } from "./create-entry.ts";
import type { Entry } from "./enter.ts";
import { CUSTOMER_METERS_TABLE, presentConsumed, presentRow } from "./present.ts";
import { findCustomerMeter, listCustomerMeters } from "./queries.ts";
import {
  CheckQuery,
  ConsumptionCreate,
  CreditCreate,
  CustomerMeterListQuery,
  CustomerMeterPath,
  type PairRef,
  ResetCreate,
} from "./schemas.ts";

const READ = requireScope("customer_meters:read");
const WRITE = requireScope("customer_meters:write");
/** Whoever serves a customer may use the balance up, and not raise it. */
const CONSUME = requireScopes("events:write", "customer_meters:read");

/** The routes of customers' meters: their balances, credits and resets. */
export const customerMeterRoutes = new Hono<AppEnv>()

  .get("/v1/customer-meters", READ, validate({ query: CustomerMeterListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(
      c,
      query,
      async (after) => {
        const { rows, ...page } = await listCustomerMeters(storeOf(c), query, Date.now(), after);
        return { items: await Promise.all(rows.map((row) => presentRow(row))), ...page };
      },
      CUSTOMER_METERS_TABLE,
    );
  })

  .get("/v1/customer-meters/check", READ, validate({ query: CheckQuery }), async (c) => {
    const { units, minimum_balance, ...ref } = c.req.valid("query");
    const { available, ...standing } = await check(storeOf(c), ref, Date.now());
    const allowed = available - units >= minimum_balance;
    return answerJson(c, { allowed, required: units, available, customer_meter: await presentRow(standing) });
  })

  .get("/v1/customer-meters/:id", READ, validate({ param: CustomerMeterPath }), async (c) => {
    return answerJson(c, await presentRow(await findCustomerMeter(storeOf(c), c.req.valid("param").id, Date.now())));
  })

  .post("/v1/customer-meters/consume", CONSUME, validate({ json: ConsumptionCreate }), async (c) => {
    const store = storeOf(c);
    const now = Date.now();
    const { event: sent, minimum_balance, ...ref } = c.req.valid("json");
    const event = toNewEvent(sent, ref);
    const consumed = await consume(store, ref, event, minimum_balance, now);
    const isInserted = consumed.outcome?.result === "inserted";
    if (isInserted) goOnAfterAnswer(c, store, (own) => keepUp(own, consumed, 1, DECISIONS, ref.meter_id));
    const answer = await presentConsumed(consumed, event.timestamp ?? now);
    return answerJson(c, { ...answer, ...ignoredWarnings(ConsumptionCreate, c.var.body) });
  })

  .post("/v1/customer-meters/credits", WRITE, validate({ json: CreditCreate }), (c) => {
    const { units, metadata, ...ref } = c.req.valid("json");
    return answerEntry(c, ref, { kind: "credit", units, metadata });
  })

  .post("/v1/customer-meters/resets", WRITE, validate({ json: ResetCreate }), (c) => {
    const { rollover, ...ref } = c.req.valid("json");
    return answerEntry(c, ref, { kind: "reset", rollover });
  });

async function answerEntry(c: Context<AppEnv>, ref: PairRef, entry: Entry) {
  const { customer_id = null, external_customer_id = null, meter_id } = ref;
  const idempotency = await readIdempotency(c, { customer_id, external_customer_id, meter_id, ...entry });
  const entered = await createEntry(storeOf(c), ref, entry, idempotency, Date.now());
  if (entered === null) throw reusedKey(idempotency);
  if (entered.isReplayed) c.header("Idempotent-Replayed", "true");
  return answerText(c, entered.answer, 201);
}

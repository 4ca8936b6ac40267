import type { Context } from "hono";
import { Hono } from "hono/quick";
import { presentCustomerOfEvent } from "../customers/of-event.ts";
import { answerJson, answerText } from "../http/answer.ts";
import { requireScope } from "../auth/authenticate.ts";
import type { AppEnv } from "../http/env.ts";
import { readIdempotency, reusedKey } from "../http/idempotency.ts";
import { answerPage } from "../http/page.ts";
import { storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { createEntry } from "./create-entry.ts";
import type { Entry } from "./enter.ts";
import { CUSTOMER_METERS_TABLE, presentCustomerMeter } from "./present.ts";
import { findCustomerMeter, listCustomerMeters } from "./queries.ts";
import type { CustomerMeterRow } from "./select-page.ts";
import { CreditCreate, CustomerMeterListQuery, CustomerMeterPath, type PairRef, ResetCreate } from "./schemas.ts";

const READ = requireScope("customer_meters:read");
const WRITE = requireScope("customer_meters:write");

/** The routes of customers' meters: their balances, credits and resets. */
export const customerMeterRoutes = new Hono<AppEnv>()

  .get("/v1/customer-meters", READ, validate({ query: CustomerMeterListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(
      c,
      query,
      async (after) => {
        const { rows, ...page } = await listCustomerMeters(storeOf(c), query, after);
        return { items: await Promise.all(rows.map(present)), ...page };
      },
      CUSTOMER_METERS_TABLE,
    );
  })

  .get("/v1/customer-meters/:id", READ, validate({ param: CustomerMeterPath }), async (c) => {
    return answerJson(c, await present(await findCustomerMeter(storeOf(c), c.req.valid("param").id)));
  })

  .post("/v1/customer-meters/credits", WRITE, validate({ json: CreditCreate }), (c) => {
    const { units, metadata, ...ref } = c.req.valid("json");
    return answerEntry(c, ref, { kind: "credit", units, metadata });
  })

  .post("/v1/customer-meters/resets", WRITE, validate({ json: ResetCreate }), (c) => {
    const { rollover, ...ref } = c.req.valid("json");
    return answerEntry(c, ref, { kind: "reset", rollover });
  });

async function present(row: CustomerMeterRow) {
  return presentCustomerMeter(row, await presentCustomerOfEvent(row.customer));
}

async function answerEntry(c: Context<AppEnv>, ref: PairRef, entry: Entry) {
  const { customer_id = null, external_customer_id = null, meter_id } = ref;
  const idempotency = await readIdempotency(c, { customer_id, external_customer_id, meter_id, ...entry });
  const entered = await createEntry(storeOf(c), ref, entry, idempotency, Date.now());
  if (entered === null) throw reusedKey(idempotency);
  if (entered.isReplayed) c.header("Idempotent-Replayed", "true");
  return answerText(c, entered.answer, 201);
}

import type { Context } from "hono";
import { Hono } from "hono/quick";
import { answerText } from "../http/answer.ts";
import { requireScope } from "../auth/authenticate.ts";
import type { AppEnv } from "../http/env.ts";
import { readIdempotency, reusedKey } from "../http/idempotency.ts";
import { storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { createEntry } from "./create.ts";
import type { Entry } from "./enter.ts";
import { CreditCreate, type PairRef, ResetCreate } from "./schemas.ts";

const WRITE = requireScope("customer_meters:write");

/** The routes that change balances: credits and resets. */
export const creditRoutes = new Hono<AppEnv>()

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

import { Hono } from "hono/quick";
import { presentCustomerOfEvent } from "../customers/of-event.ts";
import { answerJson } from "../http/answer.ts";
import { requireScope } from "../auth/authenticate.ts";
import type { AppEnv } from "../http/env.ts";
import { answerPage } from "../http/page.ts";
import { storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { presentCustomerMeter } from "./present.ts";
import { type CustomerMeterRow, findCustomerMeter, listCustomerMeters } from "./queries.ts";
import { CustomerMeterListQuery, CustomerMeterPath } from "./schemas.ts";

const READ = requireScope("customer_meters:read");

/** The routes of customers' meters: their balances. */
export const customerMeterRoutes = new Hono<AppEnv>()

  .get("/v1/customer-meters", READ, validate({ query: CustomerMeterListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(c, query, async () => {
      const { rows, total } = await listCustomerMeters(storeOf(c), query);
      return { items: await Promise.all(rows.map(present)), total };
    });
  })

  .get("/v1/customer-meters/:id", READ, validate({ param: CustomerMeterPath }), async (c) => {
    return answerJson(c, await present(await findCustomerMeter(storeOf(c), c.req.valid("param").id)));
  });

async function present(row: CustomerMeterRow) {
  return presentCustomerMeter(row, await presentCustomerOfEvent(row.customer));
}

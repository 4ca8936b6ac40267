import type { Context } from "hono";
import { Hono } from "hono/quick";
import { PolarRequestValidationError } from "../errors.ts";
import { answerJson, answerText } from "../http/answer.ts";
import { exportOf } from "../export/settings.ts";
import { requireScope } from "../auth/authenticate.ts";
import { etagOf, matchesIfNoneMatch, requireIfMatch } from "../http/conditional.ts";
import type { AppEnv } from "../http/env.ts";
import { readIdempotency, reusedKey } from "../http/idempotency.ts";
import { organizationProblem } from "../http/organization.ts";
import { answerPage } from "../http/page.ts";
import { storeOf } from "../http/store.ts";
import { validate } from "../http/validate.ts";
import { createCustomer } from "./create.ts";
import { deleteCustomer } from "./delete.ts";
import { eraseCustomer } from "./erase.ts";
import { CUSTOMERS_TABLE, presentCustomer } from "./present.ts";
import { type CustomerRef, findCustomer, type FoundCustomer, listCustomers } from "./queries.ts";
import {
  CustomerCreate,
  CustomerDeleteQuery,
  CustomerListQuery,
  CustomerPath,
  CustomerUpdate,
  CustomerUpdateExternalId,
  ExternalCustomerPath,
} from "./schemas.ts";
import { readState } from "./state.ts";
import { updateCustomer } from "./update.ts";

const READ = requireScope("customers:read", "customers:write");
const WRITE = requireScope("customers:write");
const BY_ID = "/v1/customers/:id";
const BY_EXTERNAL_ID = "/v1/customers/external/:external_id";

/** The routes of customers; those by external id come first, because such an id can look like another path. */
export const customerRoutes = new Hono<AppEnv>()

  .get("/v1/customers", READ, validate({ query: CustomerListQuery }), (c) => {
    const query = c.req.valid("query");
    return answerPage(
      c,
      query,
      async (after) => {
        const { rows, ...page } = await listCustomers(storeOf(c), query, after);
        return { items: await Promise.all(rows.map((row) => presentCustomer(row, row.first_user_event_at))), ...page };
      },
      CUSTOMERS_TABLE,
    );
  })

  .post("/v1/customers", WRITE, validate({ json: CustomerCreate }), async (c) => {
    const store = storeOf(c);
    const { metadata, external_id, name, email, organization_id } = c.req.valid("json");
    const problem = organizationProblem(organization_id, store.organizationId, ["body"]);
    if (problem !== null) throw new PolarRequestValidationError([problem]);
    const customer = { metadata, external_id, name, email, organization_id: store.organizationId };
    const idempotency = await readIdempotency(c, customer);
    const created = await createCustomer(store, customer, idempotency, Date.now());
    if (created === null) throw reusedKey(idempotency);
    if (created.isReplayed) c.header("Idempotent-Replayed", "true");
    return answerText(c, created.answer, 201, { ETag: etagOf(1, created.firstUserEventAt) });
  })

  .get(`${BY_EXTERNAL_ID}/state`, READ, validate({ param: ExternalCustomerPath }), async (c) =>
    answerJson(c, await readState(storeOf(c), c.req.valid("param"), Date.now())),
  )

  .get(BY_EXTERNAL_ID, READ, validate({ param: ExternalCustomerPath }), (c) => getCustomer(c, c.req.valid("param")))

  .patch(BY_EXTERNAL_ID, WRITE, validate({ param: ExternalCustomerPath, json: CustomerUpdateExternalId }), (c) =>
    patchCustomer(c, c.req.valid("param"), c.req.valid("json")),
  )

  .delete(BY_EXTERNAL_ID, WRITE, validate({ param: ExternalCustomerPath, query: CustomerDeleteQuery }), (c) =>
    removeCustomer(c, c.req.valid("param"), c.req.valid("query")),
  )

  .get(`${BY_ID}/state`, READ, validate({ param: CustomerPath }), async (c) =>
    answerJson(c, await readState(storeOf(c), c.req.valid("param"), Date.now())),
  )

  .get(BY_ID, READ, validate({ param: CustomerPath }), (c) => getCustomer(c, c.req.valid("param")))

  .patch(BY_ID, WRITE, validate({ param: CustomerPath, json: CustomerUpdate }), (c) =>
    patchCustomer(c, c.req.valid("param"), c.req.valid("json")),
  )

  .delete(BY_ID, WRITE, validate({ param: CustomerPath, query: CustomerDeleteQuery }), (c) =>
    removeCustomer(c, c.req.valid("param"), c.req.valid("query")),
  );

async function getCustomer(c: Context<AppEnv>, ref: CustomerRef) {
  const customer = await findCustomer(storeOf(c), ref);
  const etag = etagOf(customer.version, customer.first_user_event_at);
  if (matchesIfNoneMatch(c, etag)) return c.body(null, 304, { ETag: etag });
  return answerCustomer(c, customer);
}

async function patchCustomer(c: Context<AppEnv>, ref: CustomerRef, update: CustomerUpdate) {
  const requireVersion = ({ version }: { version: number }) => requireIfMatch(c, version);
  return answerCustomer(c, await updateCustomer(storeOf(c), ref, update, requireVersion, Date.now()));
}

async function removeCustomer(c: Context<AppEnv>, ref: CustomerRef, { anonymize, events }: CustomerDeleteQuery) {
  if (!events) await deleteCustomer(storeOf(c), ref, anonymize, Date.now());
  else {
    const remaining = await eraseCustomer(storeOf(c), exportOf(c.env), ref);
    if (remaining > 0) return answerJson(c, { remaining }, 202);
  }
  return c.body(null, 204);
}

async function answerCustomer(c: Context<AppEnv>, customer: FoundCustomer) {
  const { version, first_user_event_at: first } = customer;
  return answerJson(c, await presentCustomer(customer, first), 200, { ETag: etagOf(version, first) });
}

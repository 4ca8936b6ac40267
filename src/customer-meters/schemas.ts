import * as z from "zod/mini";
import { listQuery, many, sortProperty } from "../wire/query.ts";
import { text } from "../wire/text.ts";
import { Uuid4 } from "../wire/uuid.ts";

/** Where a request names a customer's meter. */
export const CustomerMeterPath = z.object({ id: Uuid4 });

/** The orders of `GET /v1/customer-meters/`. */
export const CustomerMeterSortProperty = sortProperty(
  "created_at",
  "modified_at",
  "customer_id",
  "customer_name",
  "meter_id",
  "meter_name",
  "consumed_units",
  "credited_units",
  "balance",
);

/** The query string of `GET /v1/customer-meters/`; its filters must all hold. */
export const CustomerMeterListQuery = listQuery(
  { customer_id: many(Uuid4), external_customer_id: many(text()), meter_id: many(Uuid4) },
  CustomerMeterSortProperty,
  {},
);
export type CustomerMeterListQuery = z.output<typeof CustomerMeterListQuery>;

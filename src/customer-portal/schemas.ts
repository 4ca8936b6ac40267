import * as z from "zod/mini";
import { MeterQuantitiesQuery } from "../meters/schemas.ts";
import { many, pageQuery, sortedBy, sortProperty } from "../wire/query.ts";
import { text } from "../wire/text.ts";
import { Uuid4 } from "../wire/uuid.ts";

/** Where a request names one of the customer's meters. */
export const PortalMeterPath = z.object({ id: Uuid4 });

/** The orders of `GET /v1/customer-portal/meters/`. */
export const PortalMeterSortProperty = sortProperty(
  "created_at",
  "modified_at",
  "meter_id",
  "meter_name",
  "consumed_units",
  "credited_units",
  "balance",
);

/** The query string of `GET /v1/customer-portal/meters/`. */
export const PortalMeterListQuery = pageQuery(
  { meter_id: many(Uuid4), query: z.optional(text()) },
  { sorting: sortedBy(PortalMeterSortProperty) },
);
export type PortalMeterListQuery = z.output<typeof PortalMeterListQuery>;

const { start_timestamp, end_timestamp, interval, timezone, group_by, group_limit, group_sorting } =
  MeterQuantitiesQuery.shape;

/** The query string of `GET /v1/customer-portal/meters/{id}/quantities`. */
export const PortalQuantitiesQuery = z.object({
  start_timestamp,
  end_timestamp,
  interval,
  timezone,
  group_by,
  group_limit,
  group_sorting,
});
export type PortalQuantitiesQuery = z.output<typeof PortalQuantitiesQuery>;

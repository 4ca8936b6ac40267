import * as z from "zod/mini";
import { EventCreateWithoutCustomer } from "../events/schemas.ts";
import { Metadata } from "../wire/metadata.ts";
import { FiniteNumber } from "../wire/number.ts";
import { report } from "../wire/problem.ts";
import { CURSOR_QUERY, FORMAT_QUERY, listQuery, many, QueryAmount, QueryNumber, sortProperty } from "../wire/query.ts";
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
  { ...CURSOR_QUERY, ...FORMAT_QUERY },
);
export type CustomerMeterListQuery = z.output<typeof CustomerMeterListQuery>;

/** Metadata keys that the platform itself writes into these events. */
const OWN_KEYS = ["meter_id", "units", "rollover"];

/** The caller's metadata of a credit. */
const CreditMetadata = Metadata.check(
  z.superRefine((metadata: object, ctx) => {
    const own = OWN_KEYS.filter((key) => Object.hasOwn(metadata, key));
    if (own.length > 0)
      report(ctx, { type: "value_error" }, `Metadata cannot have the key ${own.join(", ")}.`, metadata);
  }),
);

const Units = z.int().check(
  z.superRefine((units: number, ctx) => {
    if (units === 0) report(ctx, { type: "value_error" }, "Units should be an integer other than 0.", units);
  }),
);

/** A request names its customer by exactly one of two ids. */
export const CUSTOMER = { customer_id: z.nullish(Uuid4), external_customer_id: z.nullish(text()) };

type Named = { customer_id?: string | null | undefined; external_customer_id?: string | null | undefined };

/** Refuses a request that names its customer by none of the two ids, or by both. */
export const hasOneCustomer = z.superRefine((named: Named, ctx) => {
  const count = [named.customer_id, named.external_customer_id].filter((id) => id != null).length;
  if (count === 0)
    report(ctx, { type: "missing" }, "Send customer_id or external_customer_id.", named, ["customer_id"]);
  if (count === 2) report(ctx, { type: "value_error" }, "Send customer_id or external_customer_id, not both.", named);
});

/** The body of `POST /v1/customer-meters/credits`. */
export const CreditCreate = z
  .object({ ...CUSTOMER, meter_id: Uuid4, units: Units, metadata: z._default(CreditMetadata, () => ({})) })
  .check(hasOneCustomer);

/** The body of `POST /v1/customer-meters/resets`. */
export const ResetCreate = z
  .object({ ...CUSTOMER, meter_id: Uuid4, rollover: z._default(z.boolean(), false) })
  .check(hasOneCustomer);

/** What must at least be available afterwards; less than 0 allows an overdraft. */
export const MinimumBalance = z._default(FiniteNumber, 0);

/** The body of `POST /v1/customer-meters/consume`. */
export const ConsumptionCreate = z
  .object({ ...CUSTOMER, meter_id: Uuid4, minimum_balance: MinimumBalance, event: EventCreateWithoutCustomer })
  .check(hasOneCustomer);

/** The query string of `GET /v1/customer-meters/check`. */
export const CheckQuery = z
  .object({
    customer_id: z.optional(Uuid4),
    external_customer_id: z.optional(text()),
    meter_id: Uuid4,
    units: z._default(QueryAmount, 1),
    minimum_balance: z._default(QueryNumber, 0),
  })
  .check(hasOneCustomer);

/** Which customer's meter a request means. */
export type PairRef = Named & { meter_id: string };

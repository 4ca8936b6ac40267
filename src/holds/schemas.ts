import * as z from "zod/mini";
import { CUSTOMER, hasOneCustomer, MinimumBalance } from "../customer-meters/schemas.ts";
import { EventCreateWithoutCustomer } from "../events/schemas.ts";
import { duration } from "../wire/duration.ts";
import { Metadata } from "../wire/metadata.ts";
import { PositiveNumber } from "../wire/number.ts";
import { CURSOR_QUERY, listQuery, many, sortProperty } from "../wire/query.ts";
import { text } from "../wire/text.ts";
import { Uuid4 } from "../wire/uuid.ts";

/** How long a hold counts, in seconds: at most a day; 5 minutes unless the request says otherwise. */
export const LIFETIME = { min: 1, max: 86_400, default: 300 };

/** The body of `POST /v1/customer-meters/holds`. */
export const HoldCreate = z
  .object({
    ...CUSTOMER,
    meter_id: Uuid4,
    units: PositiveNumber,
    expires_in: z._default(duration(LIFETIME), LIFETIME.default * 1000),
    minimum_balance: MinimumBalance,
    metadata: z._default(Metadata, () => ({})),
  })
  .check(hasOneCustomer);
export type HoldCreate = z.output<typeof HoldCreate>;

/** The body of `POST /v1/customer-meters/holds/{id}/settle`. */
export const SettlementCreate = z.object({ event: EventCreateWithoutCustomer });

/** Where a request names a hold. */
export const HoldPath = z.object({ id: Uuid4 });

/** The state of a hold. */
export const HoldStatus = z.enum(["open", "settled", "released", "expired"]);
export type HoldStatus = z.output<typeof HoldStatus>;

/** The orders of `GET /v1/customer-meters/holds`. */
export const HoldSortProperty = sortProperty("created_at", "expires_at");

/** The query string of `GET /v1/customer-meters/holds`; its filters must all hold. */
export const HoldListQuery = listQuery(
  {
    customer_id: many(Uuid4),
    external_customer_id: many(text()),
    meter_id: many(Uuid4),
    status: many(HoldStatus),
  },
  HoldSortProperty,
  CURSOR_QUERY,
);
export type HoldListQuery = z.output<typeof HoldListQuery>;

import * as z from "zod/mini";
import { list } from "../wire/bounded-array.ts";
import { FiniteNumber } from "../wire/number.ts";
import { report } from "../wire/problem.ts";
import { many, pageQuery } from "../wire/query.ts";
import { text } from "../wire/text.ts";
import { Uuid4 } from "../wire/uuid.ts";

/** The maximum length of a name in code points. */
const MAX_NAME = 200;
/** The maximum number of thresholds of an alert. */
export const MAX_THRESHOLDS = 20;

/** Which number of a balance reaches thresholds: a balance by falling to them, the others by rising. */
export const AlertBasis = z.enum(["consumed_units", "balance", "consumed_percent"]);
export type AlertBasis = z.output<typeof AlertBasis>;

/** Distinct numbers, at least one. */
const Thresholds = list(FiniteNumber, { max: MAX_THRESHOLDS }).check(
  z.superRefine((thresholds: number[], ctx) => {
    if (thresholds.length === 0)
      report(
        ctx,
        { type: "too_short", ctx: { min_length: 1 } },
        "This should have at least one threshold.",
        thresholds,
      );
    for (const [index, threshold] of thresholds.entries()) {
      if (thresholds.indexOf(threshold) < index)
        report(ctx, { type: "value_error" }, "This threshold is there twice.", threshold, [index]);
    }
  }),
);

/** The body of `POST /v1/alerts`. */
export const AlertCreate = z.object({
  name: text({ min: 1, max: MAX_NAME }),
  meter_id: Uuid4,
  customer_id: z._default(z.nullable(Uuid4), null),
  basis: AlertBasis,
  thresholds: Thresholds,
  enabled: z._default(z.boolean(), true),
});
export type AlertCreate = z.output<typeof AlertCreate>;

/** The body of `PATCH /v1/alerts/{id}`: what is absent stays unchanged. */
export const AlertUpdate = z.object({
  name: z.optional(text({ min: 1, max: MAX_NAME })),
  thresholds: z.optional(Thresholds),
  enabled: z.optional(z.boolean()),
});
export type AlertUpdate = z.output<typeof AlertUpdate>;

/** Where a request names one alert. */
export const AlertPath = z.object({ id: Uuid4 });

/** The query string of `GET /v1/alerts`. */
export const AlertListQuery = pageQuery(
  { organization_id: many(Uuid4), meter_id: many(Uuid4), customer_id: many(Uuid4) },
  {},
);
export type AlertListQuery = z.output<typeof AlertListQuery>;

/** The query string of `GET /v1/alerts/{id}/triggers`. */
export const TriggerListQuery = pageQuery({ customer_id: many(Uuid4) }, {});
export type TriggerListQuery = z.output<typeof TriggerListQuery>;

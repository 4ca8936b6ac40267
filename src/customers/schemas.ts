import * as z from "zod/mini";
import { Metadata } from "../wire/metadata.ts";
import { report } from "../wire/problem.ts";
import { CURSOR_QUERY, FORMAT_QUERY, listQuery, METADATA_QUERY, QueryBoolean, sortProperty } from "../wire/query.ts";
import { text } from "../wire/text.ts";
import { Uuid4 } from "../wire/uuid.ts";
import { Email } from "./email.ts";

/** The maximum length of an external id in code points. */
export const MAX_EXTERNAL_ID = 900;
/** The maximum length of a name in code points. */
const MAX_NAME = 256;

/** A caller's own id: trimmed, and null if blank. `.` and `..` are refused because they would change a path. */
const ExternalId = z.nullable(
  z.pipe(
    z.pipe(
      z.pipe(z.string(), z.transform(trim)),
      text({ max: MAX_EXTERNAL_ID }).check(
        z.superRefine((value: string, ctx) => {
          if (value !== "." && value !== "..") return;
          report(ctx, { type: "value_error" }, "An external_id can't be `.` or `..`: no path could name it.", value);
        }),
      ),
    ),
    z.transform((id: string) => (id === "" ? null : id)),
  ),
);
/** A name: trimmed, and null if blank. */
const Name = z.nullable(
  z.pipe(
    text({ max: MAX_NAME }),
    z.transform((name: string) => trim(name) || null),
  ),
);

function trim(value: string): string {
  return value.trim();
}

/** A field of Polar's that only billing uses. It is refused: ignoring it would silently lose data. */
const BillingField = z.optional(
  z.unknown().check(
    z.superRefine((value: unknown, ctx) => {
      if (value == null) return;
      report(ctx, { type: "value_error" }, "Edgemeter does not bill, so it does not store this. Leave it out.", value);
    }),
  ),
);

/** The only type of customers; Polar also has teams. */
export const INDIVIDUAL = "individual";

const IndividualType = z.unknown().check(
  z.superRefine((value: unknown, ctx) => {
    if (value === undefined || value === INDIVIDUAL) return;
    if (value === "team") report(ctx, { type: "value_error" }, "There are no teams; the type is individual.", value);
    else report(ctx, { type: "enum", ctx: { expected: "individual" } }, "This should be individual.", value);
  }),
);

/** The body of `POST /v1/customers/`; its fields are in the order in which their problems are listed. */
export const CustomerCreate = z.object({
  metadata: z._default(Metadata, () => ({})),
  external_id: z._default(ExternalId, null),
  name: z._default(Name, null),
  billing_address: BillingField,
  tax_id: BillingField,
  locale: BillingField,
  organization_id: z._default(z.nullable(Uuid4), null),
  owner: BillingField,
  type: z.optional(IndividualType),
  email: Email,
});
export type CustomerCreate = Pick<
  z.output<typeof CustomerCreate>,
  "metadata" | "external_id" | "name" | "organization_id" | "email"
>;

/** The body of `PATCH /v1/customers/external/{external_id}`: absent fields stay unchanged. */
export const CustomerUpdateExternalId = z.object({
  metadata: z.optional(Metadata),
  email: z.nullish(Email),
  name: z.optional(Name),
  billing_address: BillingField,
  tax_id: BillingField,
  locale: BillingField,
  owner: BillingField,
});

/** The body of `PATCH /v1/customers/{id}`: absent fields stay unchanged. */
export const CustomerUpdate = z.extend(CustomerUpdateExternalId, {
  external_id: z.optional(ExternalId),
  type: z.optional(z.nullable(IndividualType)),
});
export type CustomerUpdate = Pick<z.output<typeof CustomerUpdate>, "metadata" | "email" | "name" | "external_id">;

/** Where a request names one customer by its id here. */
export const CustomerPath = z.object({ id: Uuid4 });
/** Where a request names one customer by the caller's own id. */
export const ExternalCustomerPath = z.object({ external_id: text() });

/** The query string of a deletion. */
export const CustomerDeleteQuery = z.object({
  anonymize: z._default(QueryBoolean, false),
  events: z._default(QueryBoolean, false),
});
export type CustomerDeleteQuery = z.output<typeof CustomerDeleteQuery>;

/** The orders of `GET /v1/customers/`. */
export const CustomerSortProperty = sortProperty("created_at", "email", "name");

/** The query string of `GET /v1/customers/`. */
export const CustomerListQuery = listQuery(
  { email: z.optional(text()), query: z.optional(text()) },
  CustomerSortProperty,
  { ...METADATA_QUERY, ...CURSOR_QUERY, ...FORMAT_QUERY },
);
export type CustomerListQuery = z.output<typeof CustomerListQuery>;

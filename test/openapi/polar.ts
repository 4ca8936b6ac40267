import {
  boolean,
  integer,
  list,
  named,
  number,
  object,
  oneOf,
  orNull,
  text,
  time,
  union,
  uuid,
  type Names,
  type Type,
} from "./types.ts";
import { EVENT_SCHEMAS, PAIR_SENT, PLAIN } from "./polar-events.ts";

// Facts about Polar's API, versions 2026-04 and 2026-10 (https://polar.sh/docs/api-reference): field names, types, limits.

const METADATA: Type = { is: "map", of: PAIR_SENT, key: text({ min: 1, max: 40 }), most: 50 };
const AGGREGATION = union(named("CountAggregation"), named("PropertyAggregation"), named("UniqueAggregation"));
const CONDITION = union(...[text(), integer(), boolean].flatMap((type) => [type, list(type)]));

const EMAIL = text({ format: "email" });
/** What the bodies of creations and updates of customers share. */
const CUSTOMER_SENT: Record<string, Type> = {
  "metadata?": METADATA,
  "name?": orNull(text({ max: 256 })),
  "billing_address?": orNull(object({ country: text() })),
  "tax_id?": orNull(text()),
  "locale?": orNull(text()),
};

const SCOPES = oneOf(
  ...["meters", "events", "customers", "organization_access_tokens"].flatMap((of) => [`${of}:read`, `${of}:write`]),
  "customer_meters:read",
  "customer_sessions:write",
);

/** What a customer is in any answer. */
const CUSTOMER: Record<string, Type> = {
  id: uuid,
  created_at: time,
  modified_at: orNull(time),
  metadata: named("MetadataOutputType"),
  "external_id?": orNull(text()),
  email: text(),
  email_verified: boolean,
  type: oneOf("individual"),
  name: orNull(text()),
  billing_name: orNull(text()),
  billing_address: orNull({ is: "any" }),
  tax_id: orNull({ is: "any" }),
  "locale?": orNull(text()),
  organization_id: uuid,
  "default_payment_method_id?": orNull(uuid),
  deleted_at: orNull(time),
  first_user_event_at: orNull(time),
  avatar_url: orNull(text()),
};
/** What a balance is in any answer. */
const BALANCE: Record<string, Type> = {
  id: uuid,
  created_at: time,
  modified_at: orNull(time),
  meter_id: uuid,
  consumed_units: number,
  credited_units: integer(),
  balance: number,
};

export const SCHEMAS: Names = {
  ...EVENT_SCHEMAS,
  CountAggregation: object({ "func?": oneOf("count") }),
  PropertyAggregation: object({ func: oneOf("sum", "max", "min", "avg"), property: text() }),
  UniqueAggregation: object({ "func?": oneOf("unique"), property: text() }),
  Filter: object({ conjunction: oneOf("and", "or"), clauses: list(union(named("FilterClause"), named("Filter"))) }),
  FilterClause: object({
    property: text(),
    operator: oneOf("eq", "ne", "gt", "gte", "lt", "lte", "like", "not_like"),
    value: union(text({ max: 1000 }), integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), boolean),
  }),
  MetadataOutputType: { is: "map", of: union(text(), ...PLAIN) },
  MetadataQuery: orNull({ is: "map", of: CONDITION }),
  MeterUnit: oneOf("scalar", "token", "custom"),
  MeterSortProperty: oneOf("created_at", "-created_at", "name", "-name"),
  AggregationFunction: oneOf("count", "sum", "max", "min", "avg", "unique"),
  TimeInterval: oneOf("year", "month", "week", "day", "hour"),
  Meter: object({
    metadata: named("MetadataOutputType"),
    created_at: time,
    modified_at: orNull(time),
    id: uuid,
    name: text(),
    unit: named("MeterUnit"),
    "custom_label?": orNull(text()),
    "custom_multiplier?": orNull(integer()),
    filter: named("Filter"),
    aggregation: AGGREGATION,
    organization_id: uuid,
    "archived_at?": orNull(time),
  }),
  MeterCreate: object({
    "metadata?": METADATA,
    name: text({ min: 3 }),
    "unit?": named("MeterUnit"),
    "custom_label?": orNull(text()),
    "custom_multiplier?": orNull(integer({ min: 1 })),
    filter: named("Filter"),
    aggregation: AGGREGATION,
    "organization_id?": orNull(uuid),
  }),
  MeterUpdate: object({
    "metadata?": METADATA,
    "name?": orNull(text({ min: 3 })),
    "unit?": orNull(named("MeterUnit")),
    "custom_label?": orNull(text()),
    "custom_multiplier?": orNull(integer({ min: 1 })),
    "filter?": orNull(named("Filter")),
    "aggregation?": orNull(AGGREGATION),
    "is_archived?": orNull(boolean),
  }),
  MeterQuantities: object({ quantities: list(named("MeterQuantity")), total: number }),
  MeterQuantity: object({ timestamp: time, quantity: number }),
  CustomerSortProperty: oneOf(...["created_at", "email", "name"].flatMap((name) => [name, `-${name}`])),
  // Polar's teams, which differ in their type and may lack an e-mail address, are left out.
  Customer: object(CUSTOMER),
  CustomerState: object({
    ...CUSTOMER,
    active_subscriptions: list({ is: "any" }),
    granted_benefits: list({ is: "any" }),
    active_meters: list(named("CustomerStateMeter")),
  }),
  CustomerStateMeter: object(BALANCE),
  CustomerMeter: object({ ...BALANCE, customer_id: uuid, customer: named("Customer"), meter: named("Meter") }),
  CustomerMeterSortProperty: oneOf(
    ...["created_at", "modified_at", "customer_id", "customer_name", "meter_id", "meter_name"]
      .concat("consumed_units", "credited_units", "balance")
      .flatMap((name) => [name, `-${name}`]),
  ),
  CustomerCreate: object({
    ...CUSTOMER_SENT,
    "external_id?": orNull(text()),
    "organization_id?": orNull(uuid),
    "owner?": orNull(object({ email: EMAIL, "name?": orNull(text({ max: 256 })), "external_id?": orNull(text()) })),
    "type?": oneOf("individual", "team"),
    email: EMAIL,
  }),
  CustomerUpdate: object({
    ...CUSTOMER_SENT,
    "email?": orNull(EMAIL),
    "external_id?": orNull(text()),
    "type?": orNull(oneOf("individual", "team")),
  }),
  CustomerUpdateExternalID: object({ ...CUSTOMER_SENT, "email?": orNull(EMAIL) }),
  CustomerSessionCreate: object({
    "customer_id?": uuid,
    "external_customer_id?": text(),
    "member_id?": orNull(uuid),
    "external_member_id?": orNull(text()),
    "return_url?": orNull(text({ min: 1, max: 2083, format: "uri" })),
  }),
  CustomerSession: object({
    created_at: time,
    modified_at: orNull(time),
    id: uuid,
    token: text(),
    expires_at: time,
    return_url: orNull(text()),
    customer_portal_url: text(),
    customer_id: uuid,
    customer: named("Customer"),
  }),
  CustomerCustomerMeter: object({ ...BALANCE, customer_id: uuid, meter: named("CustomerCustomerMeterMeter") }),
  CustomerCustomerMeterMeter: object({ created_at: time, modified_at: orNull(time), id: uuid, name: text() }),
  CustomerCustomerMeterSortProperty: oneOf(
    ...["created_at", "modified_at", "meter_id", "meter_name", "consumed_units", "credited_units", "balance"].flatMap(
      (name) => [name, `-${name}`],
    ),
  ),
  ListResource_CustomerCustomerMeter_: object({
    items: list(named("CustomerCustomerMeter")),
    pagination: named("Pagination"),
  }),
  CustomerCustomerSession: object({ expires_at: time, return_url: orNull(text()) }),
  PortalAuthenticatedUser: object({
    type: text(),
    name: orNull(text()),
    email: text(),
    customer_id: uuid,
    "member_id?": orNull(uuid),
    "role?": orNull(text()),
  }),
  CustomerPortalCustomer: object({
    created_at: time,
    modified_at: orNull(time),
    id: uuid,
    email: orNull(text()),
    email_verified: boolean,
    name: orNull(text()),
    billing_name: orNull(text()),
    billing_address: orNull({ is: "any" }),
    tax_id: orNull({ is: "any" }),
    oauth_accounts: { is: "map", of: object({ account_id: text(), account_username: orNull(text()) }) },
    "default_payment_method_id?": orNull(uuid),
    "type?": orNull(oneOf("individual", "team")),
    "locale?": orNull(text()),
  }),
  Pagination: object({ total_count: integer(), max_page: integer() }),
  ListResource_Meter_: object({ items: list(named("Meter")), pagination: named("Pagination") }),
  ListResource_Event_: object({ items: list(named("Event")), pagination: named("Pagination") }),
  // Of Polar's many scopes, those for what is here.
  AvailableScope: SCOPES,
  Scope: SCOPES,
  OrganizationAccessTokenSortProperty: oneOf(
    ...["created_at", "comment", "last_used_at", "organization_id"].flatMap((name) => [name, `-${name}`]),
  ),
  OrganizationAccessTokenCreate: object({
    "organization_id?": orNull(uuid),
    comment: text(),
    "expires_in?": orNull(text({ format: "duration" })),
    scopes: list(named("AvailableScope")),
  }),
  OrganizationAccessTokenUpdate: object({
    "comment?": orNull(text()),
    "scopes?": orNull(list(named("AvailableScope"))),
  }),
  OrganizationAccessToken: object({
    created_at: time,
    modified_at: orNull(time),
    id: uuid,
    scopes: list(named("Scope")),
    expires_at: orNull(time),
    comment: text(),
    last_used_at: orNull(time),
    organization_id: uuid,
  }),
  OrganizationAccessTokenCreateResponse: object({
    organization_access_token: named("OrganizationAccessToken"),
    token: text(),
  }),
  ListResource_OrganizationAccessToken_: object({
    items: list(named("OrganizationAccessToken")),
    pagination: named("Pagination"),
  }),
  ListResource_Customer_: object({ items: list(named("Customer")), pagination: named("Pagination") }),
  ListResource_CustomerMeter_: object({ items: list(named("CustomerMeter")), pagination: named("Pagination") }),
  ListResource_EventName_: object({ items: list(named("EventName")), pagination: named("Pagination") }),
  ListResourceWithCursorPagination_Event_: object({
    items: list(named("Event")),
    pagination: object({ has_next_page: boolean }),
  }),
  ResourceNotFound: object({ error: oneOf("ResourceNotFound"), detail: text() }),
  ValidationError: object({
    loc: list(union(text(), integer())),
    msg: text(),
    type: text(),
    "input?": { is: "any" },
    "ctx?": { is: "map", of: { is: "any" } },
  }),
  HTTPValidationError: object({ "detail?": list(named("ValidationError")) }),
};

/** What stands for a parameter, or a field of a body, that is left out. */
export const DEFAULTS: Record<string, Record<string, unknown>> = {
  "meters:list": { page: 1, limit: 10, sorting: ["name"] },
  "meters:quantities": { timezone: "UTC", group_sorting: "-total" },
  "events:list": { page: 1, limit: 10, sorting: ["-timestamp"] },
  "events:list_names": { page: 1, limit: 10, sorting: ["-last_seen"] },
  "customers:list": { page: 1, limit: 10, sorting: ["-created_at"] },
  "customer_meters:list": { page: 1, limit: 10, sorting: ["-modified_at"] },
  "customer_portal:customer_meters:list": { page: 1, limit: 10, sorting: ["-modified_at"] },
  "organization_access_tokens:list": { page: 1, limit: 10, sorting: ["created_at"] },
  "organization_access_tokens:update": { force: false },
  "organization_access_tokens:delete": { force: false },
  "customers:delete": { anonymize: false, events: false },
  "customers:delete_external": { anonymize: false, events: false },
  MeterCreate: { unit: "scalar" },
};

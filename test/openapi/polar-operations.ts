import {
  boolean,
  integer,
  list,
  named,
  oneOf,
  orNull,
  severalOrNull,
  text,
  time,
  type Type,
  union,
  uuid,
} from "./types.ts";

type Operation = { parameters: Record<string, Type>; body?: Type; answers: Record<number, Type> };

const PAGES = { "page?": integer({ min: 1 }), "limit?": integer({ min: 1 }) };
const ORGANIZATION = { "organization_id?": severalOrNull(uuid) };
const CUSTOMERS = { "customer_id?": severalOrNull(uuid), "external_customer_id?": severalOrNull(text()) };
const METADATA_CONDITIONS = { "metadata?": named("MetadataQuery") };
const sortedBy = (name: string) => ({ "sorting?": orNull(list(named(name))) });
const ID = { id: uuid };
const EXTERNAL_ID = { external_id: text() };

const REFUSED = { 422: named("HTTPValidationError") };
const MISSING = { ...REFUSED, 404: named("ResourceNotFound") };

/** Every operation that Polar has and we have, by its operationId: a `?` behind parameters that may be left out. */
export const OPERATIONS: Record<string, Operation> = {
  "meters:list": {
    parameters: {
      ...ORGANIZATION,
      "query?": orNull(text()),
      "is_archived?": orNull(boolean),
      ...PAGES,
      ...sortedBy("MeterSortProperty"),
      ...METADATA_CONDITIONS,
    },
    answers: { 200: named("ListResource_Meter_"), ...REFUSED },
  },
  "meters:create": { parameters: {}, body: named("MeterCreate"), answers: { 201: named("Meter"), ...REFUSED } },
  "meters:get": { parameters: ID, answers: { 200: named("Meter"), ...MISSING } },
  "meters:update": { parameters: ID, body: named("MeterUpdate"), answers: { 200: named("Meter"), ...MISSING } },
  "meters:quantities": {
    parameters: {
      ...ID,
      start_timestamp: time,
      end_timestamp: time,
      interval: named("TimeInterval"),
      // One of the IANA database's names; both sides take links too.
      "timezone?": text(),
      ...CUSTOMERS,
      "customer_aggregation_function?": orNull(named("AggregationFunction")),
      ...METADATA_CONDITIONS,
    },
    answers: { 200: named("MeterQuantities"), ...MISSING },
  },
  "events:list": {
    parameters: {
      "filter?": orNull(text()),
      "start_timestamp?": orNull(time),
      "end_timestamp?": orNull(time),
      ...ORGANIZATION,
      ...CUSTOMERS,
      "meter_id?": orNull(uuid),
      "name?": severalOrNull(text()),
      "source?": severalOrNull(named("EventSource")),
      "query?": orNull(text()),
      "parent_id?": orNull(uuid),
      "depth?": orNull(integer({ min: 0, max: 5 })),
      ...PAGES,
      ...sortedBy("EventSortProperty"),
      ...METADATA_CONDITIONS,
    },
    answers: {
      200: union(named("ListResource_Event_"), named("ListResourceWithCursorPagination_Event_")),
      ...REFUSED,
    },
  },
  "events:list_names": {
    parameters: {
      ...ORGANIZATION,
      ...CUSTOMERS,
      "source?": severalOrNull(named("EventSource")),
      "query?": orNull(text()),
      ...PAGES,
      ...sortedBy("EventNamesSortProperty"),
    },
    answers: { 200: named("ListResource_EventName_"), ...REFUSED },
  },
  "events:get": { parameters: ID, answers: { 200: named("Event"), ...MISSING } },
  "events:ingest": {
    parameters: {},
    body: named("EventsIngest"),
    answers: { 200: named("EventsIngestResponse"), ...REFUSED },
  },
  "customers:list": {
    parameters: {
      ...ORGANIZATION,
      "email?": orNull(text()),
      "query?": orNull(text()),
      ...PAGES,
      ...sortedBy("CustomerSortProperty"),
      ...METADATA_CONDITIONS,
    },
    answers: { 200: named("ListResource_Customer_"), ...REFUSED },
  },
  "customers:create": {
    parameters: {},
    body: named("CustomerCreate"),
    answers: { 201: named("Customer"), ...REFUSED },
  },
  "customers:get": { parameters: ID, answers: { 200: named("Customer"), ...MISSING } },
  "customers:update": {
    parameters: ID,
    body: named("CustomerUpdate"),
    answers: { 200: named("Customer"), ...MISSING },
  },
  "customers:delete": { parameters: { ...ID, "anonymize?": boolean }, answers: MISSING },
  "customers:get_external": { parameters: EXTERNAL_ID, answers: { 200: named("Customer"), ...MISSING } },
  "customers:update_external": {
    parameters: EXTERNAL_ID,
    body: named("CustomerUpdateExternalID"),
    answers: { 200: named("Customer"), ...MISSING },
  },
  "customers:delete_external": { parameters: { ...EXTERNAL_ID, "anonymize?": boolean }, answers: MISSING },
  "customers:get_state": { parameters: ID, answers: { 200: named("CustomerState"), ...MISSING } },
  "customers:get_state_external": { parameters: EXTERNAL_ID, answers: { 200: named("CustomerState"), ...MISSING } },
  "customer_meters:list": {
    parameters: {
      ...ORGANIZATION,
      ...CUSTOMERS,
      "meter_id?": severalOrNull(uuid),
      ...PAGES,
      ...sortedBy("CustomerMeterSortProperty"),
    },
    answers: { 200: named("ListResource_CustomerMeter_"), ...REFUSED },
  },
  "customer_meters:get": { parameters: ID, answers: { 200: named("CustomerMeter"), ...MISSING } },
  // Polar's body is one of two, each with another id of the customer.
  "customer-sessions:create": {
    parameters: {},
    body: named("CustomerSessionCreate"),
    answers: { 201: named("CustomerSession"), ...REFUSED },
  },
  "webhooks:list_webhook_endpoints": {
    parameters: { ...ORGANIZATION, ...PAGES },
    answers: { 200: named("ListResource_WebhookEndpoint_"), ...REFUSED },
  },
  "webhooks:create_webhook_endpoint": {
    parameters: {},
    body: named("WebhookEndpointCreate"),
    answers: { 201: named("WebhookEndpoint"), ...REFUSED },
  },
  "webhooks:get_webhook_endpoint": { parameters: ID, answers: { 200: named("WebhookEndpoint"), ...MISSING } },
  "webhooks:update_webhook_endpoint": {
    parameters: ID,
    body: named("WebhookEndpointUpdate"),
    answers: { 200: named("WebhookEndpoint"), ...MISSING },
  },
  "webhooks:delete_webhook_endpoint": { parameters: ID, answers: { ...MISSING } },
  "webhooks:reset_webhook_endpoint_secret": { parameters: ID, answers: { 200: named("WebhookEndpoint"), ...MISSING } },
  "webhooks:list_webhook_deliveries": {
    parameters: {
      "endpoint_id?": severalOrNull(uuid),
      "start_timestamp?": orNull(time),
      "end_timestamp?": orNull(time),
      "succeeded?": orNull(boolean),
      "query?": orNull(text()),
      "http_code_class?": orNull(oneOf("2xx", "3xx", "4xx", "5xx")),
      "event_type?": severalOrNull(named("WebhookEventType")),
      ...PAGES,
    },
    answers: { 200: named("ListResource_WebhookDelivery_"), ...REFUSED },
  },
  "webhooks:redeliver_webhook_event": { parameters: ID, answers: { 202: { is: "any" }, ...MISSING } },
  "customer_portal:customer_meters:list": {
    parameters: {
      "meter_id?": severalOrNull(uuid),
      "query?": orNull(text()),
      ...PAGES,
      ...sortedBy("CustomerCustomerMeterSortProperty"),
    },
    answers: { 200: named("ListResource_CustomerCustomerMeter_"), ...REFUSED },
  },
  "customer_portal:customer_meters:get": {
    parameters: ID,
    answers: { 200: named("CustomerCustomerMeter"), ...MISSING },
  },
  "customer_portal:customers:get": { parameters: {}, answers: { 200: named("CustomerPortalCustomer") } },
  "customer_portal:customer-session:introspect": {
    parameters: {},
    answers: { 200: named("CustomerCustomerSession") },
  },
  "customer_portal:customer-session:get_authenticated_user": {
    parameters: {},
    answers: { 200: named("PortalAuthenticatedUser") },
  },
  "organization_access_tokens:list": {
    parameters: { ...ORGANIZATION, ...PAGES, ...sortedBy("OrganizationAccessTokenSortProperty") },
    answers: { 200: named("ListResource_OrganizationAccessToken_"), ...REFUSED },
  },
  "organization_access_tokens:create": {
    parameters: {},
    body: named("OrganizationAccessTokenCreate"),
    answers: { 201: named("OrganizationAccessTokenCreateResponse"), ...REFUSED },
  },
  "organization_access_tokens:update": {
    parameters: ID,
    body: named("OrganizationAccessTokenUpdate"),
    answers: { 200: named("OrganizationAccessToken"), ...MISSING },
  },
  "organization_access_tokens:delete": { parameters: ID, answers: MISSING },
};

import { describe, it } from "vitest";
import { type Operation, OPERATIONS as OURS, SCHEMAS } from "../support/document.ts";
import { DEFAULTS, SCHEMAS as POLAR } from "./polar.ts";
import { OPERATIONS as POLARS } from "./polar-operations.ts";
import { differences, namesIn, type Names, type Type, typeOf } from "./types.ts";

const OWN: Names = Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, typeOf(schema)]));

const own = (id: string): Operation => OURS.find(({ operation }) => operation.operationId === id)!.operation;

const IDS = Object.keys(POLARS);
const requests = { narrow: POLAR, wide: OWN };
const answers = { narrow: OWN, wide: POLAR };

/** The named types that are part of requests, and of answers. */
const SENT = namesIn({ is: "union", members: IDS.flatMap((id) => Object.values(POLARS[id]!.parameters)) }, POLAR);
for (const id of IDS) namesIn(POLARS[id]!.body ?? { is: "any" }, POLAR, SENT);
const ANSWERED = namesIn({ is: "union", members: IDS.flatMap((id) => Object.values(POLARS[id]!.answers)) }, POLAR);

const EXACT = ["min -9007199254740991", "max 9007199254740991"];
const TOKENS = ["input_tokens", "cached_input_tokens", "output_tokens", "total_tokens"];

const BILLING = [".billing_address: object for null", ".tax_id: text for null", ".locale: text for null"];

/** Where a request that Polar's document allows is refused, or not heard. Each has its reason. */
const LIMITS: Record<string, string[]> = {
  // Polar's server refuses null too.
  MeterUpdate: [".name: null for text", ".unit: null for one of", ".custom_multiplier: max 9007199254740991"],
  // Beyond, integers are not exact.
  MeterCreate: [".custom_multiplier: max 9007199254740991"],
  LLMMetadata: TOKENS.flatMap((field) => EXACT.map((limit) => `.${field}: ${limit}`)),
  // Polar's pattern is not anchored; its server knows no other currency.
  "CostMetadata-Input": [".currency: text for one of"],
  // 200 of them must fit into one of D1's statements.
  FilterClause: [".property: max 2500"],
  PropertyAggregation: [".property: max 2500"],
  // The union is told apart by func, in Polar's server too.
  CountAggregation: [".func: required"],
  UniqueAggregation: [".func: required", ".property: max 2500"],
  // They are one transaction.
  EventsIngest: [".events: most 10000"],
  // Nothing is billed, there are no teams, and external ids are keys of an index.
  CustomerCreate: [...BILLING, ".external_id: max 900", ".owner: object for null", ".type: team"],
  CustomerUpdate: [...BILLING, ".external_id: max 900", ".type: team"],
  CustomerUpdateExternalID: BILLING,
  // They must fit into a record in KV, beside what else is there.
  OrganizationAccessTokenCreate: [".comment: max 1000", ".scopes: least 1"],
  OrganizationAccessTokenUpdate: [".comment: max 1000", ".scopes: least 1"],
  // There are no members, and a page links to the address.
  CustomerSessionCreate: [".member_id: text for null", ".external_member_id: text for null"],
  // Names are for people, and there is one format.
  WebhookEndpointCreate: [".name: max 255"],
  WebhookEndpointUpdate: [".name: max 255"],
  WebhookFormat: [": discord", ": slack"],
  // There are no members.
  EventCreateCustomer: [".member_id: unknown"],
  EventCreateExternalCustomer: [".external_customer_id: min 1", ".external_member_id: unknown"],
};

/** What events have beside what Polar's have. */
const EVENT_FIELDS = [".external_id: unknown", ".ingested_at: unknown", ".voided_at: unknown", ".void_reason: unknown"]; // prettier-ignore

/** What answers have beside what Polar's have. */
const ADDED: Record<string, string[]> = {
  HTTPValidationError: [".error: unknown"],
  EventsIngestResponse: [".events: unknown", ".warnings: unknown"],
  UserEvent: EVENT_FIELDS,
  MeterCreditEvent: EVENT_FIELDS,
  MeterResetEvent: EVENT_FIELDS,
  // Polar voids no events; a list with source=user has none of the platform's.
  SystemEvent: [...EVENT_FIELDS, ".name: event.voided", ".metadata.meter_id: required", ".metadata.event_id: unknown", ".metadata.reason: unknown", ".metadata.token_id: unknown"], // prettier-ignore
  MeterQuantities: [".group_by: unknown", ".group_count: unknown", ".groups: unknown", ".others: unknown"],
  CustomerMeter: [".held_units: unknown"],
  CustomerStateMeter: [".held_units: unknown"],
  CustomerCustomerMeter: [".held_units: unknown", ".unit: unknown", ".custom_label: unknown", ".reset_at: unknown"],
  Meter: [".dimensions: unknown"],
  // Polar credits by other means, and has no alerts.
  OrganizationAccessToken: [".scopes.*: customer_meters:write", ".scopes.*: alerts:read", ".scopes.*: alerts:write"],
  // Alerts and tests are our own.
  WebhookEventType: [": alert.triggered"],
  WebhookEvent: [".type: alert.triggered", ".type: webhook.test"],
  // A replay does not show the token again.
  OrganizationAccessTokenCreateResponse: [".token: null for text"],
};

/** Lists that can also be read by a cursor, which Polar's clients never send. */
const BY_CURSOR = new Set(["Event", "Customer", "CustomerMeter"].map((name) => `ListResource_${name}_`));
const WITH_CURSOR = [
  ".pagination.total_count: required",
  ".pagination.max_page: required",
  ".pagination.next_cursor: unknown",
];

describe("A request that Polar's document allows", () => {
  it.for(IDS)("has parameters that %s takes", (id, { expect }) => {
    const documented = (own(id).parameters ?? []).filter((parameter) => parameter.in !== "header");
    const found = Object.entries(POLARS[id]!.parameters).flatMap(([key, type]) => {
      const name = key.replace("?", "");
      const parameter = documented.find((each) => each.name === name);
      if (parameter === undefined) return [`${name}: unknown`];
      const needed = parameter.required === true && key.endsWith("?") ? [`${name}: required`] : [];
      return [...needed, ...differences(type, typeOf(parameter.schema), requests).map((each) => `${name}${each}`)];
    });
    expect(found).toEqual([]);
    const needed = documented.filter(({ required }) => required === true).map(({ name }) => name);
    expect(Object.keys(POLARS[id]!.parameters)).toEqual(expect.arrayContaining(needed));
  });

  it.for(IDS.filter((id) => POLARS[id]!.body))("has a body that %s takes", (id, { expect }) => {
    const { schema } = own(id).requestBody!.content["application/json"];
    expect(differences(POLARS[id]!.body!, typeOf(schema), requests)).toEqual([]);
  });

  it.for([...SENT])("has a %s that is accepted, except for the listed limits", (name, { expect }) => {
    expect(OWN).toHaveProperty([name]);
    expect(differences(POLAR[name]!, OWN[name]!, requests)).toEqual(LIMITS[name] ?? []);
  });
});

describe("An answer", () => {
  it.for(IDS)("of %s is one that Polar's document allows", (id, { expect }) => {
    const found = Object.entries(POLARS[id]!.answers).flatMap(([status, type]: [string, Type]) => {
      const { schema } = own(id).responses[status]!.content!["application/json"];
      return differences(typeOf(schema), type, answers).map((each) => `${status}${each}`);
    });
    expect(found).toEqual(id === "meters:create" ? ["201.dimensions: unknown", "201.warnings: unknown"] : []);
  });

  it.for([...ANSWERED].filter((name) => name in OWN))(
    "has a %s that Polar's document allows, except for the listed fields",
    (name, { expect }) => {
      expect(differences(OWN[name]!, POLAR[name]!, answers)).toEqual(
        BY_CURSOR.has(name) ? WITH_CURSOR : (ADDED[name] ?? []),
      );
    },
  );
});

describe("What is left out", () => {
  it.for(IDS)("stands for the same in %s", (id, { expect }) => {
    const defaults = (own(id).parameters ?? []).filter(({ schema }) => "default" in schema);
    expect(Object.fromEntries(defaults.map(({ name, schema }) => [name, schema["default"]]))).toEqual(
      DEFAULTS[id] ?? {},
    );
  });

  it("stands for the same in a body", ({ expect }) => {
    expect(SCHEMAS["MeterCreate"]!["properties"]).toMatchObject({
      unit: { default: DEFAULTS["MeterCreate"]!["unit"] },
    });
    for (const id of IDS) expect(own(id).requestBody?.required ?? true).toBe(true);
  });

  it("is not read off a condition on metadata: metadata[key]=value", ({ expect }) => {
    const conditions = OURS.flatMap(({ operation }) => operation.parameters ?? []).filter(
      ({ name }) => name === "metadata",
    );
    expect(conditions.length).toBeGreaterThan(0);
    for (const { style, explode } of conditions)
      expect({ style, explode }).toEqual({ style: "deepObject", explode: true });
  });
});

describe("What Polar's API does not have", () => {
  const MARK = /Edgemeter's own\.$/;

  it("is marked as our own", ({ expect }) => {
    for (const { operation } of OURS) {
      const { operationId: id, description, parameters = [], responses } = operation;
      const polars = POLARS[id];
      if (polars === undefined) expect(description).toMatch(MARK);
      for (const each of parameters.filter(({ in: place }) => place === "header"))
        expect(each["description"]).toMatch(MARK);
      for (const each of polars === undefined ? [] : parameters.filter(({ in: place }) => place !== "header")) {
        const isPolars = Object.keys(polars!.parameters).some((name) => name.replace("?", "") === each.name);
        if (!isPolars) expect(each["description"]).toMatch(MARK);
      }
      for (const status of ["202", "304", "412"])
        if (responses[status] && polars?.answers[Number(status)] === undefined)
          expect(responses[status]).toMatchObject({ description: expect.stringMatching(MARK) });
    }
    expect(differences(OWN["TimeInterval"]!, POLAR["TimeInterval"]!, answers)).toEqual([": total"]);
    expect(SCHEMAS["TimeInterval"]!["description"]).toMatch(MARK);
    for (const [name, fields] of Object.entries(ADDED)) {
      // One of several schemas, which are listed themselves.
      if (name === "SystemEvent") continue;
      const unknown = fields.filter((each) => each.endsWith(": unknown"));
      for (const field of unknown.map((each) => each.replace(/^\.|: unknown$/g, ""))) {
        expect(SCHEMAS[name]!["properties"][field].description).toMatch(MARK);
      }
    }
  });
});

import * as z from "zod/mini";
import {
  annotate,
  component,
  EDGEMETER_ONLY,
  fields,
  idField,
  nullableTimeField,
  textField,
  timeField,
} from "../wire/openapi.ts";
import {
  AvailableScope,
  LONGEST_GRACE,
  LONGEST_LIFETIME,
  SHORTEST_GRACE,
  TokenCreate,
  TokenRotate,
  TokenSortProperty,
  TokenUpdate,
} from "./schemas.ts";

component(
  "OrganizationAccessTokenSortProperty",
  TokenSortProperty,
  "A field to sort by; a leading `-` sorts in descending order.",
);
component("AvailableScope", AvailableScope, "What a token may do.");

const list = (description: string) => ({
  description,
  override: {
    type: "array" as const,
    minItems: 1,
    items: { $ref: "component:AvailableScope" },
  },
});
const listOrNull = (description: string) => ({
  description,
  override: { anyOf: [list("").override, { type: "null" as const }] },
});
const durationOrNull = (description: string, minimum: number, maximum: number) => ({
  description: `${description}: seconds, or an ISO 8601 duration, in which a year is 365 days and a month 30.`,
  override: {
    anyOf: [
      { type: "number" as const, minimum, maximum },
      { type: "string" as const, format: "duration" },
      { type: "null" as const },
    ],
  },
});
const HELD = "Only scopes that the request's own token has; otherwise the answer is a 403.";

/** The body of a creation. */
export const Create = component(
  "OrganizationAccessTokenCreate",
  fields(TokenCreate, {
    organization_id: "The organization that the token acts for: only the request's own, which is the default.",
    comment: "What the token is for.",
    expires_in: durationOrNull(
      "For how long the token is valid, up to 100 years; without it, it does not expire",
      1,
      LONGEST_LIFETIME,
    ),
    scopes: list(`What the token may do. ${HELD}`),
  }),
  "A token to create.",
);

/** The body of an update. */
export const Update = component(
  "OrganizationAccessTokenUpdate",
  fields(TokenUpdate, {
    comment: "What the token is for. Null changes nothing.",
    scopes: listOrNull(`Replaces what the token may do. ${HELD} Null changes nothing.`),
  }),
  "The fields of a token to change; the others stay as they are.",
);

/** The body of a rotation. */
export const Rotate = component(
  "OrganizationAccessTokenRotate",
  fields(TokenRotate, {
    grace_period: {
      ...durationOrNull(
        `For how long the old token stays valid, ${SHORTEST_GRACE} seconds to 366 days, by default a day`,
        SHORTEST_GRACE,
        LONGEST_GRACE,
      ),
    },
  }),
  `How to rotate a token; \`{}\` for the defaults. ${EDGEMETER_ONLY}`,
);

/** A token in an answer. */
export const Token = component(
  "OrganizationAccessToken",
  z.object({
    id: idField("The token's id. It is no secret."),
    created_at: timeField("When the token was created."),
    modified_at: nullableTimeField("When the token was last changed, or rotated."),
    scopes: annotate(z.array(AvailableScope), "What the token may do."),
    expires_at: nullableTimeField("Until when the token is valid; null if it does not expire."),
    comment: textField("What the token is for."),
    last_used_at: nullableTimeField(
      "The beginning (UTC) of the last day on which a request had the token; null before the first.",
    ),
    organization_id: idField("The organization that the token acts for."),
  }),
  "An organization access token, without the token itself.",
);

/** The answer to a creation, and to a rotation. */
export const Created = component(
  "OrganizationAccessTokenCreateResponse",
  z.object({
    organization_access_token: Token,
    token: annotate(
      z.nullable(z.string()),
      "The token itself: this is the only answer that has it. Null when an earlier request with the same `Idempotency-Key` was answered with it.",
    ),
  }),
  "A new token.",
);

import * as z from "zod/mini";
import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject } from "zod-openapi";
import type { Scope } from "../tokens/store.ts";
import { component, count, describe, fields, OWN, words } from "../schema/openapi.ts";

const detail = words("What is wrong and what to do about it, for people.");

/** An error of one kind, as `{ error, detail }`. */
function errorOf(name: string, description: string) {
  return component(name, z.object({ error: z.literal(name), detail }), description);
}

/** An answer of RFC 6750: it says the same once more under that standard's name. */
function bearerError(id: string, name: string, description: string) {
  const error = z.object({
    error: z.literal(name),
    error_description: words("The same as detail, under the name that RFC 6750 gives it."),
    detail,
  });
  return component(id, error, description);
}

const Unauthorized = errorOf("Unauthorized", "The request carries no credentials.");
const InvalidToken = bearerError(
  "InvalidToken",
  "invalid_token",
  "The token is unknown, malformed, expired or revoked.",
);
const InsufficientScope = bearerError("InsufficientScope", "insufficient_scope", "The token has none of the scopes.");
const BadRequest = errorOf("BadRequest", "The body is not UTF-8.");
const ResourceNotFound = errorOf("ResourceNotFound", "Nothing of that id belongs to the token's organization.");
const PreconditionFailed = errorOf(
  "PreconditionFailed",
  "The resource is no longer at the version that If-Match names.",
);
const Conflict = errorOf("Conflict", "Other requests kept changing the resource.");
const RequestBodyTooLarge = errorOf("RequestBodyTooLarge", "The body is larger than the operation reads.");
const UnsupportedMediaType = errorOf("UnsupportedMediaType", "The body is not declared as JSON, or it is encoded.");
const InternalServerError = errorOf("InternalServerError", "Something failed that should not. The log says what.");
const ServiceUnavailable = errorOf(
  "ServiceUnavailable",
  "A dependency failed. Nothing was stored, or it can't be known.",
);

const ValidationError = component(
  "ValidationError",
  fields(
    z.object({
      type: z.string(),
      loc: z.array(z.union([z.string(), count("An index.")])),
      msg: z.string(),
      input: z.optional(z.unknown()),
      ctx: z.optional(z.record(z.string(), z.unknown())),
    }),
    {
      type: "What kind of mistake, for programs: `missing`, `string_too_short`, `enum`, …",
      loc: "Where: `body`, `query`, `path` or `header`, then field names and indexes.",
      msg: "What to change, for people.",
      input: "The offending value; for `missing`, what lacks the field. Left out when it is large.",
      ctx: "The limits that were broken, by name.",
    },
  ),
  "One thing that is wrong with a request.",
);

const HTTPValidationError = component(
  "HTTPValidationError",
  fields(
    z.object({
      error: z.enum(["RequestValidationError", "PolarRequestValidationError"]),
      detail: z.array(ValidationError),
    }),
    {
      error: `\`RequestValidationError\` for what the schemas refuse, \`PolarRequestValidationError\` for what comes after. ${OWN}`,
      detail:
        "Every problem that the schemas find in path, query and body, at most 100; broken JSON is reported alone. What only the endpoint can judge, headers among it, is looked at when they find none.",
    },
  ),
  "What is wrong with a request.",
);

/** What every list answers beside its items. */
const Pagination = component(
  "Pagination",
  z.object({ total_count: count("Items on all pages."), max_page: count("The last page; 0 without items.") }),
  "How much there is.",
);

/** The envelope of a list, named as Polar names it. */
export function listOf(name: string, item: z.ZodMiniType) {
  const list = z.object({ items: describe(z.array(item), "The items of the page."), pagination: Pagination });
  return component(`ListResource_${name}_`, list, "A page of a list.");
}

const header = (description: string, schema: object = { type: "string" }) => ({ description, schema, required: true });
const optional = (description: string, schema?: object) => ({ ...header(description, schema), required: false });

/** What every answer carries. */
const EVERY_HEADER = {
  "X-Request-Id": header("The request's id in the log.", { type: "string", format: "uuid" }),
  "Cache-Control": header("No answer is kept by caches that others read.", {
    type: "string",
    enum: ["no-store", "private, no-store"],
  }),
};
const ETAG = {
  ETag: header(`The version of the resource, for If-Match and If-None-Match. ${OWN}`, {
    type: "string",
    pattern: '^"\\d+"$',
  }),
};
const CHALLENGE = {
  "WWW-Authenticate": header("How to authenticate, and what was wrong (RFC 6750).", {
    type: "string",
    pattern: '^Bearer realm="',
  }),
};
const RETRY = { "Retry-After": header("Seconds after which to try again.", { type: "string", pattern: "^\\d+$" }) };

/** Headers that a successful answer may carry besides. */
export const HEADERS = {
  etag: ETAG,
  replayed: {
    "Idempotent-Replayed": optional(
      `\`true\` when the answer is that of an earlier request with the same key. ${OWN}`,
      {
        type: "string",
        const: "true",
      },
    ),
  },
  preference: {
    "Preference-Applied": optional(`Says that \`Prefer\` was heeded. ${OWN}`, {
      type: "string",
      const: "return=representation",
    }),
  },
};

/** An answer: its body's schema, null without a body, and its headers beside those that every answer carries. */
export function answer(
  description: string,
  schema: z.ZodMiniType | null,
  headers: object = {},
): ZodOpenApiResponseObject {
  return {
    description,
    headers: { ...EVERY_HEADER, ...headers },
    ...(schema !== null && { content: { "application/json": { schema } } }),
  };
}

/** Answers that differ by operation in nothing. */
const SHARED: Record<string, ZodOpenApiResponseObject> = {
  400: { id: "BadRequest", ...answer("The body is not UTF-8.", BadRequest) },
  401: {
    id: "Unauthorized",
    ...answer(
      "No token, or one that is unknown, malformed, expired or revoked.",
      z.union([Unauthorized, InvalidToken]),
      CHALLENGE,
    ),
  },
  415: { id: "UnsupportedMediaType", ...answer("The body is not declared as JSON.", UnsupportedMediaType) },
  500: { id: "InternalServerError", ...answer("A defect. The log tells it by the request's id.", InternalServerError) },
  503: {
    id: "ServiceUnavailable",
    ...answer(
      "KV or D1 is not available, or others kept changing what was asked for. Try again.",
      ServiceUnavailable,
      RETRY,
    ),
  },
};

/** What an operation can answer besides, when it names one thing. */
const NOT_FOUND = answer("Nothing of this id belongs to the token's organization.", ResourceNotFound);
const CONFLICT = answer(
  `Other requests kept changing the resource at the same moment. Read it again, then repeat the change. ${OWN}`,
  Conflict,
);
const CHANGED = answer(
  `The resource is no longer at the version that If-Match names. ${OWN}`,
  PreconditionFailed,
  ETAG,
);

type Operation = {
  /** The operationId: Polar's, or one of our own. */
  id: string;
  tag: string;
  summary: string;
  description: string;
  /** One of these is needed. */
  scopes: [Scope, ...Scope[]];
  /** False for what Polar's API does not have. */
  polar?: false;
  path?: z.ZodMiniObject;
  query?: z.ZodMiniObject;
  headers?: z.ZodMiniObject;
  body?: z.ZodMiniType;
  /** The successful answers, by status. */
  answers: Record<number, ZodOpenApiResponseObject>;
  /** Whether other requests can interfere with an update: 409, 412. */
  conditional?: boolean;
};

/** An operation with every answer that it can give: its own, and what the way to it answers. */
export function operation(of: Operation): ZodOpenApiOperationObject {
  const scopes = of.scopes.map((scope) => `\`${scope}\``).join(" or ");
  const own = of.polar === false ? `\n\n${OWN}` : "";
  const { path, query, body } = of;
  const refused = answer(`The token lacks the scope ${scopes}.`, InsufficientScope, CHALLENGE);
  const requestParams = { ...(path && { path }), ...(query && { query }), ...(of.headers && { header: of.headers }) };
  return {
    operationId: of.id,
    tags: [of.tag],
    summary: of.summary,
    description: `${of.description}\n\n**Scope:** ${scopes}${own}`,
    security: [{ oat: of.scopes }],
    ...(Object.keys(requestParams).length > 0 && { requestParams }),
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: {
      ...of.answers,
      ...pick(SHARED, [401, 500, 503, ...(body ? [400, 415] : [])]),
      403: refused,
      422: answer("What is wrong with the request.", HTTPValidationError),
      ...(path && { 404: NOT_FOUND }),
      ...(of.conditional && { 409: CONFLICT, 412: CHANGED }),
      ...(body && { 413: answer("The body is larger than the operation reads.", RequestBodyTooLarge) }),
    },
  };
}

function pick<T>(from: Record<number, T>, keys: number[]): Record<number, T> {
  return Object.fromEntries(keys.map((key) => [key, from[key]!]));
}

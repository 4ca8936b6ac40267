import * as z from "zod/mini";
import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject } from "zod-openapi";
import type { Scope } from "../auth/principal.ts";
import { annotate, EDGEMETER_ONLY } from "../wire/openapi.ts";
import {
  BadRequest,
  Conflict,
  ExpiredSession,
  HTTPValidationError,
  InsufficientScope,
  InternalServerError,
  InvalidToken,
  PreconditionFailed,
  RateLimitExceeded,
  RequestBodyTooLarge,
  ResourceNotFound,
  ServiceUnavailable,
  StorageFull,
  Unauthorized,
  UnsupportedMediaType,
} from "./openapi-errors.ts";

const header = (description: string, schema: object = { type: "string" }) => ({ description, schema, required: true });
/** A header that an answer may have. */
export const optional = (description: string, schema?: object) => ({ ...header(description, schema), required: false });

/** The headers of every answer. */
const EVERY_HEADER = {
  "X-Request-Id": header("The request's id in the log.", { type: "string", format: "uuid" }),
  "Cache-Control": header("Answers are never stored in shared caches.", {
    type: "string",
    enum: ["no-store", "private, no-store"],
  }),
  "Server-Timing": header(
    `Milliseconds that the answer took (\`total\`), of these for the token (\`kv\`) and for the data (\`store\`). ${EDGEMETER_ONLY}`,
    { type: "string", pattern: "^total;dur=\\d+, kv;dur=\\d+, store;dur=\\d+$" },
  ),
  "Preference-Applied": optional(`Which values of \`Prefer\` were applied. ${EDGEMETER_ONLY}`, {
    type: "string",
    pattern: "^(handling=strict|return=representation)(, return=representation)?$",
  }),
};
const ETAG = {
  ETag: header(`The version of the resource, to send in If-Match or If-None-Match. ${EDGEMETER_ONLY}`, {
    type: "string",
    pattern: '^"\\d+(\\.-?\\d+)?"$',
  }),
};
const CHALLENGE = {
  "WWW-Authenticate": header("How to authenticate, and what was wrong (RFC 6750).", {
    type: "string",
    pattern: '^Bearer realm="',
  }),
};
const RETRY = { "Retry-After": header("Seconds to wait before trying again.", { type: "string", pattern: "^\\d+$" }) };

/** More headers that a successful answer can have. */
export const HEADERS = {
  etag: ETAG,
  eventsFrom: {
    "Events-From": optional(
      `Present when earlier events are asked for and the deployment has deleted them: from this time on none is missing. ${EDGEMETER_ONLY}`,
      { type: "string", format: "date-time" },
    ),
  },
  replayed: {
    "Idempotent-Replayed": optional(
      `\`true\` when this is the answer to an earlier request with the same key. ${EDGEMETER_ONLY}`,
      {
        type: "string",
        const: "true",
      },
    ),
  },
};

const headerField = (name: string, description: string, override?: object) =>
  z.object({
    [name]: annotate(z.optional(z.string()), {
      param: { description: `${description} ${EDGEMETER_ONLY}` },
      ...(override && { override }),
    }),
  });

/** Headers that requests can have. */
export const REQUEST_HEADERS = {
  idempotencyKey: headerField(
    "Idempotency-Key",
    "Makes the request safe to repeat: the same key with an equal body returns the first answer; with a different body, a 422. A key is forgotten 30 days after its first use.",
    { minLength: 1, maxLength: 255, pattern: "^[ -~]+$" },
  ),
  prefer: headerField(
    "Prefer",
    "`handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240).",
  ),
  ifNoneMatch: headerField(
    "If-None-Match",
    'Versions that you have, such as `"1"`: when one of them is current, the answer is a 304.',
  ),
  ifMatch: headerField(
    "If-Match",
    'The version that you read, such as `"1"`: when the resource has changed since, the answer is a 412.',
  ),
};

/** An answer: its body's schema, null without a body, and its headers besides those of every answer. */
export function response(
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

/** Answers that are the same for every operation. */
const SHARED: Record<string, ZodOpenApiResponseObject> = {
  400: { id: "BadRequest", ...response("The body is not UTF-8.", BadRequest) },
  401: {
    id: "Unauthorized",
    ...response(
      "There is no token, or it is unknown, malformed, expired or revoked. `invalid_token` has `error_description` beside `detail`.",
      z.union([Unauthorized, InvalidToken]),
      CHALLENGE,
    ),
  },
  415: {
    id: "UnsupportedMediaType",
    ...response("`Content-Type` is not JSON, or the body is compressed.", UnsupportedMediaType),
  },
  429: {
    id: "RateLimitExceeded",
    ...response(
      "The organization has sent more requests than this deployment allows. Try again after `Retry-After` seconds.",
      RateLimitExceeded,
      {
        ...RETRY,
        "RateLimit-Policy": optional(
          `How many requests (\`q\`) are allowed in how many seconds (\`w\`). ${EDGEMETER_ONLY}`,
          {
            type: "string",
            pattern: '^"organization";q=\\d+;w=\\d+$',
          },
        ),
      },
    ),
  },
  500: {
    id: "InternalServerError",
    ...response("A defect. Look for the `X-Request-Id` in the log.", InternalServerError),
  },
  503: {
    id: "ServiceUnavailable",
    ...response(
      "The storage or KV failed or took too long, a migration is missing, or the meter kept changing. Try again after `Retry-After` seconds.",
      ServiceUnavailable,
      RETRY,
    ),
  },
  507: {
    id: "StorageFull",
    ...response("The storage is full; nothing was stored. Only the operator can make room.", StorageFull),
  },
};

/** The refusal of what a customer's session is needed for. */
const NO_SESSION: ZodOpenApiResponseObject = {
  id: "NoSession",
  ...response(
    "There is no session, or it is malformed, expired or ended, or its customer was deleted; or the token is an organization's. `invalid_token` has `error_description` beside `detail`; for a session that has expired also `return_url`.",
    z.union([Unauthorized, InvalidToken, ExpiredSession]),
    CHALLENGE,
  ),
};

/** Further answers of operations that name one resource. */
const NOT_FOUND = response("Nothing with this id belongs to the token's organization.", ResourceNotFound);
/** The answer of operations that depend on what other requests can change at the same moment. */
export const CONFLICT = response(
  `Other requests kept changing the resource at the same moment. Read it again, then repeat the change. ${EDGEMETER_ONLY}`,
  Conflict,
);
const CHANGED = response(
  `The resource no longer has the version in If-Match. ${EDGEMETER_ONLY}`,
  PreconditionFailed,
  ETAG,
);

type Operation = {
  /** The operationId: Polar's, or one of our own. */
  id: string;
  tag: string;
  summary: string;
  description: string;
  /** The token needs one of these, or all of them; null for a customer's session, and no other token. */
  scopes: [Scope, ...Scope[]] | null;
  needs?: "all";
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

/** An operation with every answer that it can give: its own, and those of the middleware before it. */
export function operation(of: Operation): ZodOpenApiOperationObject {
  const scopes = of.scopes?.map((scope) => `\`${scope}\``).join(of.needs === "all" ? " and " : " or ");
  const own = of.polar === false ? `\n\n${EDGEMETER_ONLY}` : "";
  const { path, query, body } = of;
  const isWrite = of.needs === "all" || of.scopes?.every((scope) => scope.endsWith(":write"));
  const refused = response(
    `The token lacks the scope ${scopes}. The body has \`error_description\` beside \`detail\`.`,
    InsufficientScope,
    CHALLENGE,
  );
  const headers = z.object({ ...REQUEST_HEADERS.prefer.shape, ...of.headers?.shape });
  const shared = [401, 429, 500, 503, ...(body ? [400, 415] : []), ...(isWrite === true ? [507] : [])];
  const requestParams = { ...(path && { path }), ...(query && { query }), header: headers };
  return {
    operationId: of.id,
    tags: [of.tag],
    summary: of.summary,
    description: `${of.description}\n\n${scopes === undefined ? "**Token:** a customer's session" : `**Scope:** ${scopes}`}${own}`,
    security: [of.scopes === null ? { customer_session: [] } : { oat: of.scopes }],
    requestParams,
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: {
      ...of.answers,
      ...Object.fromEntries(shared.map((status) => [status, SHARED[status]!])),
      ...(of.scopes === null ? { 401: NO_SESSION } : { 403: refused }),
      422: response(
        "The problems of the request; the introduction lists every `type` under Errors.",
        HTTPValidationError,
      ),
      ...(path && { 404: NOT_FOUND }),
      ...(of.conditional && { 409: CONFLICT, 412: CHANGED }),
      ...(body && {
        413: response("The body has more bytes, or more JSON values, than the operation accepts.", RequestBodyTooLarge),
      }),
    },
  };
}

import * as z from "zod/mini";
import { annotate, component, countField, fields, EDGEMETER_ONLY, textField } from "../wire/openapi.ts";

const detail = textField("What is wrong and what to do about it, in words.");

/** An error of one kind, as `{ error, detail }`. */
function errorOf(name: string, description: string) {
  return component(name, z.object({ error: z.literal(name), detail }), description);
}

/** An error of RFC 6750, which repeats the detail as `error_description`. */
function bearerError(id: string, name: string, description: string, more: z.core.$ZodShape = {}) {
  const error = z.object({
    error: z.literal(name),
    error_description: textField("The same text as `detail`, under the name that RFC 6750 defines."),
    detail,
    ...more,
  });
  return component(id, error, description);
}

/** The body of Unauthorized. */
export const Unauthorized = errorOf("Unauthorized", "The request has no token.");
/** The body of InvalidToken. */
export const InvalidToken = bearerError(
  "InvalidToken",
  "invalid_token",
  "The token is unknown, malformed, expired or revoked.",
);
/** The body of ExpiredSession. */
export const ExpiredSession = bearerError("ExpiredSession", "invalid_token", "The session has expired.", {
  return_url: annotate(z.nullable(z.string()), `Where the session leads back to. ${EDGEMETER_ONLY}`),
});
/** The body of InsufficientScope. */
export const InsufficientScope = bearerError(
  "InsufficientScope",
  "insufficient_scope",
  "The token has none of the scopes that the operation accepts.",
);
/** The body of BadRequest. */
export const BadRequest = errorOf("BadRequest", "The body is not UTF-8.");
/** The body of ResourceNotFound. */
export const ResourceNotFound = errorOf(
  "ResourceNotFound",
  "Nothing with this id belongs to the token's organization.",
);
/** The body of Conflict. */
export const Conflict = errorOf(
  "Conflict",
  "Other requests kept changing the resource, or the request can mean several.",
);
/** The body of PreconditionFailed. */
export const PreconditionFailed = errorOf("PreconditionFailed", "The resource no longer has the version in If-Match.");
/** The body of RequestBodyTooLarge. */
export const RequestBodyTooLarge = errorOf(
  "RequestBodyTooLarge",
  "The body has more bytes, or more JSON values, than the operation accepts.",
);
/** The body of UnsupportedMediaType. */
export const UnsupportedMediaType = errorOf(
  "UnsupportedMediaType",
  "`Content-Type` is not JSON, or the body is compressed.",
);
/** The body of RateLimitExceeded. */
export const RateLimitExceeded = errorOf("RateLimitExceeded", "The organization has sent too many requests.");
/** The body of InternalServerError. */
export const InternalServerError = errorOf("InternalServerError", "A defect. Look for the `X-Request-Id` in the log.");
/** The body of ServiceUnavailable. */
export const ServiceUnavailable = errorOf(
  "ServiceUnavailable",
  "The storage or KV failed or took too long, a migration is missing, or a meter kept changing. Nothing was stored, unless the connection was lost or the time was over while storing.",
);
/** The body of StorageFull. */
export const StorageFull = errorOf("StorageFull", "The storage has its maximum size. Reading goes on.");

const ValidationError = component(
  "ValidationError",
  fields(
    z.object({
      type: z.string(),
      loc: z.array(z.union([z.string(), countField("An index.")])),
      msg: z.string(),
      input: z.optional(z.unknown()),
      ctx: z.optional(z.record(z.string(), z.unknown())),
    }),
    {
      type: "The kind of problem, for programs; the introduction lists them all under Errors.",
      loc: "Where it is: `body`, `query`, `path` or `header`, then field names and indexes.",
      msg: "What to change, in words.",
      input: "The offending value; for `missing`, the object that lacks the field. Left out when it is large.",
      ctx: "The limits that were broken, by name.",
    },
  ),
  "One problem of a request.",
);

/** The body of HTTPValidationError. */
export const HTTPValidationError = component(
  "HTTPValidationError",
  fields(
    z.object({
      error: z.enum(["RequestValidationError", "PolarRequestValidationError"]),
      detail: z.array(ValidationError),
    }),
    {
      error: `\`RequestValidationError\` when the request does not match the schemas, \`PolarRequestValidationError\` when a later check fails. ${EDGEMETER_ONLY}`,
      detail:
        "Every problem that the schemas find in path, query and body, at most 100; broken JSON is reported alone. Headers, and what the schemas can't check, are checked only when there is none.",
    },
  ),
  "The problems of a request.",
);

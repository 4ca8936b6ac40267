/** One thing that is wrong with a request: an entry of a 422's `detail`, in the vocabulary of pydantic's errors. */
export type Problem = {
  /** What kind of mistake, for programs: `missing`, `string_too_short`, `enum`, … */
  type: string;
  /** Where: `body`, `query`, `path` or `header`, then field names and indexes. */
  loc: (string | number)[];
  /** What to change, for people. */
  msg: string;
  /** The offending value; for `missing`, the object that lacks the field. Left out when it is too large to echo. */
  input?: unknown;
  /** The limits that were broken, by name. */
  ctx?: Record<string, unknown>;
};

/** A problem that a use case finds with a field of a request; `field` is its path, without the part of the request. */
export type FieldProblem = { type: string; field: (string | number)[]; msg: string; input?: unknown };

/** A refusal of fields by a use case, which does not depend on HTTP: the error handler adds their place in the request. */
export class InvalidFields extends Error {
  readonly problems: FieldProblem[];
  constructor(problems: FieldProblem[]) {
    super("the request is not valid");
    this.problems = problems;
  }
}

/**
 * An error that is shown to the caller: a wire name, a status, a detail and headers.
 * The error handler turns it into `{ "error": name, "detail": detail, … }`.
 */
export abstract class ApiError extends Error {
  abstract readonly error: string;
  abstract readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 429 | 503 | 507;
  readonly detail: string | Problem[];
  readonly headers: Record<string, string>;

  constructor(detail: string | Problem[], headers: Record<string, string> = {}, options?: ErrorOptions) {
    super(typeof detail === "string" ? detail : "the request is not valid", options);
    this.detail = detail;
    this.headers = headers;
  }

  /** The body of the response. */
  body(): Record<string, unknown> {
    return { error: this.error, detail: this.detail };
  }
}

const REALM = 'Bearer realm="edgemeter"';

/** 401: the request carries no credentials. */
export class Unauthorized extends ApiError {
  readonly error = "Unauthorized";
  readonly status = 401;
  constructor(detail: string) {
    super(detail, { "WWW-Authenticate": REALM });
  }
}

/** An error of RFC 6750, section 3.1: the body and WWW-Authenticate both have its name and description. */
abstract class BearerError extends ApiError {
  override body(): Record<string, unknown> {
    return { error: this.error, error_description: this.detail, detail: this.detail };
  }
}

/** 401: the token is unknown, malformed, expired or revoked. */
export class InvalidToken extends BearerError {
  readonly error = "invalid_token";
  readonly status = 401;
  constructor(description: string, options?: ErrorOptions) {
    const challenge = `${REALM}, error="invalid_token", error_description="${description}"`;
    super(description, { "WWW-Authenticate": challenge }, options);
  }
}

/** 401: a session that was valid has expired; who shows that can lead back to where its customer came from. */
export class ExpiredSession extends InvalidToken {
  readonly #returnUrl: string | null;
  constructor(returnUrl: string | null) {
    super("The session has expired.");
    this.#returnUrl = returnUrl;
  }

  override body(): Record<string, unknown> {
    return { ...super.body(), return_url: this.#returnUrl };
  }
}

/** 403: the token is valid, but has none of the scopes that the route accepts, or lacks one that it would grant. */
export class InsufficientScope extends BearerError {
  readonly error = "insufficient_scope";
  readonly status = 403;
  constructor(scopes: readonly string[], needed: "or" | "and" = "or") {
    const description = `The token lacks the required scope: ${scopes.join(` ${needed} `)}.`;
    super(description, {
      "WWW-Authenticate": `${REALM}, error="insufficient_scope", error_description="${description}", scope="${scopes.join(" ")}"`,
    });
  }
}

/** 400: the body did not arrive completely, or is not readable text. */
export class BadRequest extends ApiError {
  readonly error = "BadRequest";
  readonly status = 400;
}

/** 404: there is no such path, or nothing with that id in the token's organization. */
export class ResourceNotFound extends ApiError {
  readonly error = "ResourceNotFound";
  readonly status = 404;
  constructor(detail = "Not found") {
    super(detail);
  }
}

/** 405: the path exists, the method does not; `Allow` lists those that do. */
export class MethodNotAllowed extends ApiError {
  readonly error = "MethodNotAllowed";
  readonly status = 405;
  constructor(method: string, allowed: readonly string[]) {
    super(`${method} is not allowed here; use ${allowed.join(", ")}.`, { Allow: allowed.join(", ") });
  }
}

/** 409: other requests kept changing the resource at the same moment. */
export class Conflict extends ApiError {
  readonly error = "Conflict";
  readonly status = 409;
}

/** 412: the resource is no longer at the version that If-Match names. */
export class PreconditionFailed extends ApiError {
  readonly error = "PreconditionFailed";
  readonly status = 412;
  constructor(etag: string) {
    super(`The resource has changed; its ETag is now ${etag}. Read it again, then repeat the change.`, { ETag: etag });
  }
}

/** 413: the body has more bytes, or more JSON values, than the route reads. */
export class RequestBodyTooLarge extends ApiError {
  readonly error = "RequestBodyTooLarge";
  readonly status = 413;
}

/** 415: the body has a type that the route does not read. */
export class UnsupportedMediaType extends ApiError {
  readonly error = "UnsupportedMediaType";
  readonly status = 415;
}

/** 422: the request does not match the schemas. */
export class RequestValidationError extends ApiError {
  readonly error = "RequestValidationError";
  readonly status = 422;
}

/** 422: the request matches the schemas, but the endpoint refuses it. */
export class PolarRequestValidationError extends ApiError {
  readonly error = "PolarRequestValidationError";
  readonly status = 422;
}

/** 429: the organization has sent too many requests. */
export class RateLimitExceeded extends ApiError {
  readonly error = "RateLimitExceeded";
  readonly status = 429;
  /**
   * @param limit the requests that are allowed in a period, if that is known
   * @param period its seconds; a minute is the longest that the binding has
   */
  constructor(limit?: string, period = "60") {
    // draft-ietf-httpapi-ratelimit-headers.
    const policy: Record<string, string> = limit ? { "RateLimit-Policy": `"organization";q=${limit};w=${period}` } : {};
    super("The organization has sent too many requests. Wait, then go on.", { "Retry-After": period, ...policy });
  }
}

/** Seconds after which a caller should try again while an organization is moved. */
const MOVING_RETRY_AFTER = "5";

/** 503: a dependency failed and a retry can help, after some seconds. */
export class ServiceUnavailable extends ApiError {
  readonly error = "ServiceUnavailable";
  readonly status = 503;
  constructor(cause: unknown, retryAfter = 1) {
    super("A dependency is not available right now. Try again.", { "Retry-After": String(retryAfter) }, { cause });
  }
}

/** 503: the organization's data is being moved to another store, and must not change meanwhile. */
export class OrganizationMoving extends ApiError {
  readonly error = "ServiceUnavailable";
  readonly status = 503;
  constructor() {
    const detail =
      "The organization is being moved to another store, so nothing can be written. Reading goes on. Try again.";
    super(detail, { "Retry-After": MOVING_RETRY_AFTER });
  }
}

/** 507: the database is full, so a write was undone; only the operator can make room. */
export class StorageFull extends ApiError {
  readonly error = "StorageFull";
  readonly status = 507;
  constructor(cause: unknown) {
    const detail =
      "The storage is full: nothing was stored. Reading goes on. Ask the operator of this deployment for room.";
    super(detail, {}, { cause });
  }
}

import type { Schemas } from "./api.ts";

/** What is wrong with a field of a request. */
export type Problem = Schemas["ValidationError"];

/** The details of a failed request. */
type Failure = { request: string; status: number; body: unknown; requestId: string | null; cause?: unknown };

/** A request that was refused, or was not answered. */
export class EdgemeterError extends Error {
  override readonly name = "EdgemeterError";
  /** The status of the answer; 0 when there was none. */
  readonly status: number;
  /** The name of the error, such as `ResourceNotFound`; `NoAnswer` when there was no answer. */
  readonly error: string;
  /** What is wrong: a text, or for a 422 the list of problems. */
  readonly detail: string | Problem[];
  /** The id of the request in the server's log. */
  readonly requestId: string | null;

  constructor({ request, status, body, requestId, cause }: Failure) {
    const { error, detail } = readBody(status, body);
    super(`${request}: ${status === 0 ? "" : `${status} `}${error}: ${textOf(detail)}`, { cause });
    this.status = status;
    this.error = error;
    this.detail = detail;
    this.requestId = requestId;
  }
}

/** Reads the body of an error. A proxy may have sent it, for example as HTML. */
function readBody(status: number, body: unknown): Pick<EdgemeterError, "error" | "detail"> {
  const { error, detail } = Object(body) as Partial<EdgemeterError>;
  if (typeof error === "string" && (typeof detail === "string" || Array.isArray(detail))) return { error, detail };
  return { error: status === 304 ? "NotModified" : "UnknownAnswer", detail: typeof body === "string" ? body : "" };
}

/** The problems as one text, without their inputs: those can be personal data. */
function textOf(detail: string | Problem[]): string {
  if (typeof detail === "string") return detail.slice(0, 500);
  return detail.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; ").slice(0, 500); // prettier-ignore
}

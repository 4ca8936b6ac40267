import { EdgemeterError } from "../../client/src/index.ts";

/** What is wrong with the fields of a form: the API's texts by the fields' names. */
export type Problems = ReadonlyMap<string, string>;

/** The problems of a 422 by their places in the body, joined by dots; none for any other error. */
export function problemsOf(error: unknown): Problems {
  if (!(error instanceof EdgemeterError) || typeof error.detail === "string") return new Map();
  return new Map(error.detail.map(({ loc, msg }) => [loc.slice(1).join("."), msg]));
}

/** An error as a text for people: what the API says about it. */
export function textOf(error: unknown): string {
  if (!(error instanceof EdgemeterError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 0) return "The server can't be reached. Check the connection.";
  if (typeof error.detail !== "string") return error.detail.map(({ loc, msg }) => `${loc.slice(1).join(".")}: ${msg}`).join(" "); // prettier-ignore
  return error.detail || `The server answered with ${error.status}.`;
}

/** The id under which the server's log has a failed request; null when it was not answered. */
export const requestIdOf = (error: unknown): string | null =>
  error instanceof EdgemeterError ? error.requestId : null;

import type { Problem } from "../errors.ts";
import type { CustomerRow, TakenField } from "./queries.ts";

const MESSAGES: Record<TakenField, string> = {
  email: "Another customer has this e-mail address.",
  external_id: "Another customer has this external_id.",
};

/** The problems of values that other customers of the organization have. */
export function takenProblems(taken: TakenField[], row: Pick<CustomerRow, TakenField>): Problem[] {
  return taken.map((field) => ({ type: "value_error", loc: ["body", field], msg: MESSAGES[field], input: row[field] }));
}

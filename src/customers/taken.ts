import type { FieldProblem } from "../errors.ts";
import type { CustomerRow } from "./queries.ts";
import type { TakenField } from "./write.ts";

const MESSAGES: Record<TakenField, string> = {
  email: "Another customer has this e-mail address.",
  external_id: "Another customer has this external_id.",
};

/** The problems of values that other customers of the organization have. */
export function takenProblems(taken: TakenField[], row: Pick<CustomerRow, TakenField>): FieldProblem[] {
  return taken.map((field) => ({ type: "value_error", field: [field], msg: MESSAGES[field], input: row[field] }));
}

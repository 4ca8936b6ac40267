import type * as z from "zod/mini";
import type { Problem } from "../errors.ts";
import { findMisspeltNames, findUnknownNames, type UnknownName } from "../wire/known-names.ts";
import { MAX_PROBLEMS, MAX_WARNINGS, type Warning } from "../wire/problem.ts";

/** The problems of a strict request: each field or parameter that is not in the schema. */
export function unknownNames(place: string, schema: z.ZodMiniType, value: unknown): Problem[] {
  return findUnknownNames(schema, value, MAX_PROBLEMS + 1).map(({ path, meant }) => ({
    type: "extra_forbidden",
    loc: [place, ...path],
    msg: `There is no such ${place === "query" && path.length === 1 ? "parameter" : "field"}${hint(meant)}`,
  }));
}

/** The ignored fields of a body whose names resemble a known field. */
export function ignoredNames(schema: z.ZodMiniType, body: unknown): Warning[] {
  return findMisspeltNames(schema, body, MAX_WARNINGS).map(({ path, meant }) => ({
    loc: ["body", ...path],
    msg: `This field was ignored: there is no such field${hint(meant)}`,
  }));
}

/** The same as a part of an answer: absent when there are none. */
export function ignoredWarnings(schema: z.ZodMiniType, body: unknown): { warnings?: Warning[] } {
  const warnings = ignoredNames(schema, body);
  return warnings.length === 0 ? {} : { warnings };
}

const hint = (meant: UnknownName["meant"]) => (meant === undefined ? "." : `. Did you mean ${meant}?`);

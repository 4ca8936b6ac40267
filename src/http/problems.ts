import type * as z from "zod/mini";
import type { Problem } from "../errors.ts";
import { parseJson } from "../wire/json.ts";
import { MAX_PROBLEMS, type ProblemParams } from "../wire/problem.ts";

type Issue = z.core.$ZodIssue;
type Description = { type: string; msg: string; ctx?: Record<string, unknown> };

/**
 * Converts Zod's issues to the problems of a 422, in pydantic's vocabulary and in the order of the schema's fields.
 * Only the first problem of each place is kept; at most one more than a response lists.
 * @param place the source of the validated value: the first element of each `loc`
 * @param data the validated value
 */
export function toProblems(place: string, issues: readonly z.core.$ZodIssue[], data: unknown): Problem[] {
  const problems = new Map<string, Problem>();
  const found = new Map<string, Issue>();
  for (const issue of issues) {
    const problem = toProblem(place, issue, data);
    const key = JSON.stringify(problem.loc);
    const first = found.get(key);
    if (first !== undefined && narrower(first, issue) === first) continue;
    found.set(key, issue);
    problems.set(key, problem);
    if (problems.size > MAX_PROBLEMS) break;
  }
  return [...problems.values()];
}

/** Returns the issue with the narrower limit of two issues of the same value, otherwise the first one. */
function narrower(first: Issue, second: Issue): Issue {
  if (first.code === "too_big" && second.code === "too_big") return second.maximum < first.maximum ? second : first;
  if (first.code === "too_small" && second.code === "too_small") return second.minimum > first.minimum ? second : first;
  return first;
}

function toProblem(place: string, issue: Issue, data: unknown): Problem {
  const { path, value, parent } = locate(issue, data);
  const finding =
    value === undefined ? { type: "missing", msg: "This field is required." } : describeIssue(issue, value);
  const input = finding.type === "missing" ? parent : value;
  return {
    type: finding.type,
    loc: [place, ...path],
    msg: finding.msg,
    input,
    ...(finding.ctx && { ctx: finding.ctx }),
  };
}

/** A problem with a discriminator is reported at the object that contains it, any other one at its own place. */
function locate(issue: Issue, data: unknown) {
  const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
  if (issue.code === "invalid_union" && issue.discriminator !== undefined) path.pop();
  let value = data;
  let parent: unknown;
  for (const key of path) {
    // A path leads into a string only in a query parameter that holds JSON.
    parent = typeof value === "string" ? parseJson(value) : value;
    const isInside = typeof parent === "object" && parent !== null && Object.hasOwn(parent, key);
    value = isInside ? Reflect.get(parent as object, key) : undefined;
  }
  return { path, value, parent };
}

function describeIssue(issue: Issue, value: unknown): Description {
  switch (issue.code) {
    case "custom":
      return { ...(issue.params as ProblemParams), msg: issue.message };
    case "invalid_type":
      return describeType(issue.expected, value);
    case "invalid_value": {
      const expected = issue.values.map(String).join(", ");
      return { type: "enum", msg: `This should be one of ${expected}.`, ctx: { expected } };
    }
    case "too_small":
      return issue.inclusive
        ? {
            type: "greater_than_equal",
            msg: `This should be at least ${issue.minimum}.`,
            ctx: { ge: Number(issue.minimum) },
          }
        : {
            type: "greater_than",
            msg: `This should be greater than ${issue.minimum}.`,
            ctx: { gt: Number(issue.minimum) },
          };
    case "too_big":
      return {
        type: "less_than_equal",
        msg: `This should be at most ${issue.maximum}.`,
        ctx: { le: Number(issue.maximum) },
      };
    case "invalid_union":
      return issue.discriminator === undefined ? describeUnion(issue.errors, value) : describeTag(issue, value);
    default:
      return { type: "value_error", msg: issue.message };
  }
}

function describeType(expected: string, value: unknown): Description {
  switch (expected) {
    case "string":
      return { type: "string_type", msg: "This should be a string." };
    case "boolean":
      return { type: "bool_type", msg: "This should be true or false." };
    case "array":
      return { type: "list_type", msg: "This should be an array." };
    case "object":
      return { type: "model_attributes_type", msg: "This should be an object." };
    case "int":
    case "number":
      return describeNumber(value);
    default:
      return { type: "value_error", msg: "This has the wrong type." };
  }
}

function describeNumber(value: unknown): Description {
  if (typeof value === "bigint") {
    return value > 0n
      ? { type: "less_than_equal", msg: `This should be at most ${Number.MAX_SAFE_INTEGER}.` }
      : { type: "greater_than_equal", msg: `This should be at least ${Number.MIN_SAFE_INTEGER}.` };
  }
  if (typeof value !== "number") return { type: "int_type", msg: "This should be an integer." };
  if (!Number.isFinite(value)) return { type: "finite_number", msg: "This should be a finite number." };
  return { type: "int_from_float", msg: "This should be an integer, without a fraction." };
}

/** Describes a value that no member of a union accepts: by the member that has its type, otherwise by all members. */
function describeUnion(members: readonly (readonly Issue[])[], value: unknown): Description {
  const matching = members.find(
    ([first]) =>
      first !== undefined && (first.code !== "invalid_type" || (isNumber(first.expected) && isNumeric(value))),
  );
  if (matching?.[0] !== undefined) return describeIssue(matching.reduce(narrower), value);
  const expected = members.map(([first]) => (first?.code === "invalid_type" ? NAMES[first.expected] : undefined));
  return { type: "value_error", msg: `This should be ${expected.filter(Boolean).join(" or ")}.` };
}

const NAMES: Record<string, string> = {
  string: "a string",
  int: "an integer",
  number: "an integer",
  boolean: "a boolean",
};
const isNumber = (type: string) => type === "int" || type === "number";
const isNumeric = (value: unknown) => typeof value === "number" || typeof value === "bigint";

function describeTag(issue: z.core.$ZodIssueInvalidUnion, value: unknown): Description {
  const discriminator = issue.discriminator!;
  const options = ("options" in issue ? (issue.options ?? []) : []).map(String).join(", ");
  return typeof value === "object" && value !== null && Object.hasOwn(value, discriminator)
    ? { type: "union_tag_invalid", msg: `${discriminator} should be one of ${options}.`, ctx: { discriminator } }
    : { type: "union_tag_not_found", msg: `${discriminator} is required; one of ${options}.`, ctx: { discriminator } };
}

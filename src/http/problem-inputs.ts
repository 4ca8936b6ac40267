import type { Problem } from "../errors.ts";
import { MAX_PROBLEMS } from "../wire/problem.ts";

const MAX_NODES = 200;
const MAX_CHARACTERS = 2000;
const MAX_DEPTH = 20;

/**
 * Limits the problems in a response: at most 100, each with its input as JSON unless that is large.
 * If there are more, a last entry says so.
 */
export function echo(problems: readonly Problem[]): Problem[] {
  const listed = problems.slice(0, MAX_PROBLEMS).map(({ input, ...problem }) => {
    const budget = { nodes: MAX_NODES, characters: MAX_CHARACTERS };
    return input !== undefined && isSmall(input, budget, MAX_DEPTH) ? { ...problem, input: toJson(input) } : problem;
  });
  if (problems.length <= MAX_PROBLEMS) return listed;
  const msg = `Only the first ${MAX_PROBLEMS} problems are listed. Fix these, then send the request again.`;
  return [...listed, { type: "too_many_problems", loc: problems[0]!.loc.slice(0, 1), msg }];
}

function isSmall(value: unknown, budget: { nodes: number; characters: number }, depth: number): boolean {
  if (--budget.nodes < 0 || depth < 0) return false;
  if (typeof value === "string") budget.characters -= value.length;
  if (typeof value === "bigint" && (value > 10n ** 100n || value < -(10n ** 100n))) return false;
  if (budget.characters < 0) return false;
  if (typeof value !== "object" || value === null) return true;
  for (const key in value) {
    budget.characters -= key.length;
    if (!isSmall(Reflect.get(value, key), budget, depth - 1)) return false;
  }
  return true;
}

/** Copies a value; integers that do not fit in a double become strings. */
function toJson(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(toJson);
  // fromEntries keeps a key such as __proto__.
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toJson(part)]));
}

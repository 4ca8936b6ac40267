import { type SQL, sql } from "drizzle-orm";
import { BoundValues } from "./event-sql.ts";
import { compile, type Definition } from "./definition.ts";
import type { FilterClause } from "./filter.ts";
import { filterSql } from "./filter-sql.ts";
import { AMOUNT } from "./property-sql.ts";
import { scanCostOf } from "./scan-cost.ts";

/** At most so many of the newest matching events are checked for a number, and so many events are examined to find them. */
const [MATCHING, EXAMINED] = [1000, 10_000];
/** Microseconds that examining them may be expected to take. */
const BUDGET = 100_000;
/** Events with more bytes of metadata are skipped. */
const MAX_BYTES = 4000;

/** Returns whether a clause compares a property with a value that the property can never have. */
export function isImpossible(clause: FilterClause): boolean {
  if (clause.property === "source" && clause.operator === "eq" && clause.value !== "user") return true;
  if (clause.property === AMOUNT && typeof clause.value === "string") return !clause.operator.endsWith("like");
  return filterSql({ conjunction: "and", clauses: [clause] }, new BoundValues()) === "0";
}

/** SQL: true if events match a definition, but none of the newest ones adds anything to its aggregation. */
export function newestAddNothing(organizationId: string, definition: Definition): SQL {
  const { perEvent, perByte } = scanCostOf(definition);
  const examined = Math.min(EXAMINED, Math.floor(BUDGET / (perEvent + (perByte * MAX_BYTES) / 1000)));
  const { from, matches, contributes } = compile(definition);
  return sql`(SELECT count(*) > 0 AND total(adds) = 0 FROM (
    SELECT ${contributes} AS adds FROM ${from}
    WHERE e.organization_id = ${organizationId}
      AND e.seq > (SELECT last_seq FROM organizations WHERE id = ${organizationId}) - ${examined}
      AND octet_length(e.metadata) <= ${MAX_BYTES} AND ${matches}
    ORDER BY e.seq DESC LIMIT ${MATCHING}
  ))`;
}

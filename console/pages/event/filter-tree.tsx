import type { Schemas } from "../../../client/src/index.ts";
import { OPERATORS } from "../../components/definition.tsx";
import "./filter-tree.css";

type Filter = Schemas["ExplainedFilter"];
type Clause = Schemas["ExplainedFilterClause"];

/** A filter as a tree: which parts of it hold for an event, and what the event has where they compare. */
export function FilterTree({ filter }: { filter: Filter }) {
  const { clauses, conjunction } = filter;
  if (clauses.length === 0) {
    return (
      <p class="condition">
        <Mark holds={filter.holds} /> <span class="quiet">no conditions: every event</span>
      </p>
    );
  }
  const isOne = clauses.length === 1;
  return (
    <div class="filter">
      {!isOne && (
        <p class="condition">
          <Mark holds={filter.holds} />{" "}
          <span class="quiet">{conjunction === "and" ? "all of" : "at least one of"}</span>
        </p>
      )}
      <ul class={isOne ? "" : "inner"}>
        {clauses.map((clause, at) => (
          <li key={at}>{"clauses" in clause ? <FilterTree filter={clause} /> : <Condition clause={clause} />}</li>
        ))}
      </ul>
    </div>
  );
}

function Condition({ clause }: { clause: Clause }) {
  const { property, operator, value, holds } = clause;
  return (
    <p class="condition">
      <Mark holds={holds} />{" "}
      <code>
        <bdi>{property}</bdi> {OPERATORS[operator]} <bdi>{JSON.stringify(value)}</bdi>
      </code>
      <Actual clause={clause} />
    </p>
  );
}

/** What the event has under the property, with its type: the text "12" is not the number 12. */
function Actual({ clause: { actual, actual_type: type } }: { clause: Clause }) {
  if (type === "missing") return <span class="quiet">the event does not have it</span>;
  const isLong = type === "object" && actual === null;
  return (
    <span class="quiet">
      the event has{" "}
      {!isLong && (
        <code>
          <bdi>{JSON.stringify(actual)}</bdi>
        </code>
      )}{" "}
      ({type === "string" ? "text" : type})
    </span>
  );
}

function Mark({ holds }: { holds: boolean }) {
  return (
    <span class={holds ? "mark holds" : "mark"}>
      <span aria-hidden="true">{holds ? "✓" : "✗"}</span>
      <span class="hidden-text">{holds ? "holds:" : "does not hold:"}</span>
    </span>
  );
}

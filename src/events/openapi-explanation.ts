import * as z from "zod/mini";
import { annotate, component, EDGEMETER_ONLY, idField, OUTPUT_PAIR, ref, textField } from "../wire/openapi.ts";

const NULL = { type: "null" as const };
const SCALARS = (OUTPUT_PAIR as { anyOf: object[] }).anyOf;
/** A stored value: of an object the plain values in it. */
const ACTUAL = { anyOf: [...SCALARS, NULL, { type: "object" as const, additionalProperties: { anyOf: [...SCALARS, NULL] } }] }; // prettier-ignore
const HOLDS = { type: "boolean" as const, description: "Whether it holds for the event." };

const ExplainedClause = component("ExplainedFilterClause", z.custom(), {
  description: "A clause, and what the event has to do with it.",
  override: {
    type: "object",
    properties: {
      property: { type: "string" },
      operator: ref("FilterOperator"),
      value: { type: ["string", "integer", "boolean"] },
      holds: HOLDS,
      actual: {
        ...ACTUAL,
        description:
          "What the event has under the property: of a text the first 1,000 characters, a longer object as null; of a `timestamp` the time.",
      },
      actual_type: {
        type: "string",
        enum: ["string", "number", "boolean", "object", "null", "missing", "timestamp"],
        description: "The type that is compared: the text `12` is not the number 12.",
      },
    },
    required: ["property", "operator", "value", "holds", "actual", "actual_type"],
  },
});

const ExplainedFilter = component("ExplainedFilter", z.custom(), {
  description: "A filter with the result of each node for the event in `holds`.",
  override: {
    type: "object",
    properties: {
      conjunction: ref("FilterConjunction"),
      clauses: { type: "array", items: { anyOf: [ref("ExplainedFilterClause"), ref("ExplainedFilter")] } },
      holds: HOLDS,
    },
    required: ["conjunction", "clauses", "holds"],
  },
});

const MeterName = z.object({ id: idField("The meter's id."), name: textField("The meter's name.") });
const EXPLANATION = {
  counted: annotate(z.boolean(), "Whether the event counts in the meter."),
  value: annotate(z.unknown(), {
    description:
      "What the event adds: the number for `sum`, `max`, `min` and `avg`, the value for `unique`, 1 for `count`; null when it does not count.",
    override: ACTUAL,
  }),
  reason: annotate(
    z.nullable(z.enum(["filter", "property_missing", "not_a_number", "voided", "other_definition"])),
    "Why the event does not count: the filter does not hold; it lacks the property that is aggregated, or has no number there; it was voided; or, whatever the definition, it is an event of the platform. Null when it counts.",
  ),
  filter: ExplainedFilter,
};

/** Why a meter counts an event or does not. */
export const EventInMeter = component(
  "MeterExplanation",
  z.object({ meter: annotate(z.clone(MeterName), "The meter."), ...EXPLANATION }),
  `Why a meter counts an event, or does not. ${EDGEMETER_ONLY}`,
);

/** The same of a definition that is not saved. */
export const EventInDefinition = component(
  "DefinitionExplanation",
  z.object({ meter: annotate(z.null(), "Null: there is no meter."), ...EXPLANATION }),
  `Why a definition counts an event, or does not. ${EDGEMETER_ONLY}`,
);

/** Schemas to which only hand-written references point. */
export const explanationComponents = { ExplainedFilterClause: ExplainedClause, ExplainedFilter };

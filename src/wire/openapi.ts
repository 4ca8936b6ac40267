import * as z from "zod/mini";
import type { oas32, ZodOpenApiMetadata } from "zod-openapi";
import { MAX_KEY_LENGTH, MAX_KEYS, MAX_TEXT_LENGTH, Metadata } from "./metadata.ts";
import { FiniteNumber, PositiveNumber } from "./number.ts";
import { MetadataQuery, Positive, QueryAmount, QueryBoolean, QueryNumber } from "./query.ts";
import { Timestamp } from "./timestamp.ts";
import { Uuid4 } from "./uuid.ts";

type Annotation = ZodOpenApiMetadata | string;
type JsonSchema = oas32.SchemaObject;

/** Adds to a schema's description in the document, wherever the schema is used; earlier additions stay. */
export function annotate<T extends z.core.$ZodType>(schema: T, annotation: Annotation): T {
  const before = z.globalRegistry.get(schema);
  z.globalRegistry.add(schema, {
    ...before,
    ...(typeof annotation === "string" ? { description: annotation } : annotation),
  });
  return schema;
}

/** Names a schema: it becomes a component of the document, and others refer to it. */
export function component<T extends z.core.$ZodType>(id: string, schema: T, annotation: Annotation): T {
  return annotate(annotate(schema, annotation), { id });
}

/** The same object with descriptions of its fields; those that are components describe themselves. */
export function fields<S extends z.core.$ZodShape>(
  { shape }: { shape: S },
  annotations: { [K in keyof S]?: Annotation },
) {
  const described = Object.entries(shape).map(([name, schema]) => {
    const annotation = annotations[name];
    // A copy, because fields share schemas; it inherits the description of the original.
    return [name, annotation === undefined ? schema : annotate(z.clone(schema), annotation)];
  });
  return z.object(Object.fromEntries(described) as S);
}

type Parameter =
  | string
  | { description: string; example?: unknown; examples?: unknown[]; default?: unknown; contentSchema?: JsonSchema };

/** The parameters of a query string with their descriptions. */
export function parameters<S extends z.core.$ZodShape>(shape: S, described: { [K in keyof S]: Parameter }) {
  const annotations = Object.entries<Parameter>(described).map(([name, parameter]) => {
    const {
      default: defaultValue,
      examples,
      contentSchema,
      ...param
    } = typeof parameter === "string" ? { description: parameter } : parameter;
    const style = name === "metadata" && { style: "deepObject", explode: true };
    const override = {
      ...(defaultValue !== undefined && { default: defaultValue }),
      ...(examples && { examples }),
      ...(contentSchema && { contentMediaType: "application/json", contentSchema }),
    };
    return [name, { param: { ...param, ...style }, ...(Object.keys(override).length > 0 && { override }) }];
  });
  return fields({ shape }, Object.fromEntries(annotations) as { [K in keyof S]: Annotation });
}

/** How `ref` marks a component: zod-openapi takes the usual path only from references that it made itself. */
export const REF = "component:";
/** A reference to a component, for input that Zod can't derive from a transformation. */
export const ref = (id: string) => ({ $ref: REF + id });

/** Marks what Polar's API does not have. */
export const EDGEMETER_ONLY = "Edgemeter's own.";

const UTC = { format: "date-time", pattern: "Z$" } as const;
/** A time in an answer: UTC, in milliseconds. */
export const timeField = (description: string) => annotate(z.string(), { description, ...UTC });
/** A time in an answer, or null. */
export const nullableTimeField = (description: string) => annotate(z.nullable(annotate(z.string(), UTC)), description);
/** An id in an answer. */
export const idField = (description: string) => annotate(z.string(), { description, format: "uuid4" });
/** Text in an answer. */
export const textField = (description: string) => annotate(z.string(), description);
/** JSON Schema's integer, without the bounds of exact doubles that Zod adds: they do not apply to answers. */
export const INTEGER = annotate(z.int(), {
  override: ({ jsonSchema }) => {
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    delete jsonSchema.maximum;
  },
});
/** A count in an answer. */
export const countField = (description: string) => annotate(z.clone(INTEGER), { description, minimum: 0 });

annotate(Uuid4, { type: "string", format: "uuid4" });
annotate(Timestamp, { type: "string", format: "date-time" });

const PLAIN: JsonSchema[] = [{ type: "integer" }, { type: "number" }, { type: "boolean" }];
/** A metadata value in a request. */
export const INPUT_PAIR: JsonSchema = {
  anyOf: [{ type: "string", minLength: 1, maxLength: MAX_TEXT_LENGTH }, ...PLAIN],
};
/** A metadata value in an answer. */
export const OUTPUT_PAIR: JsonSchema = { anyOf: [{ type: "string" }, ...PLAIN] };

annotate(Metadata, {
  description: `Key-value pairs that are stored with the resource, at most ${MAX_KEYS}. Keys have 1 to ${MAX_KEY_LENGTH} characters; values are text of 1 to ${MAX_TEXT_LENGTH} characters, numbers or booleans. Integers beyond ±(2^53 − 1) are refused.`,
  override: {
    type: "object",
    maxProperties: MAX_KEYS,
    propertyNames: { type: "string", minLength: 1, maxLength: MAX_KEY_LENGTH },
    additionalProperties: INPUT_PAIR,
  },
});

/** Metadata in an answer. */
export const MetadataOutput = component(
  "MetadataOutputType",
  z.custom<Metadata>(),
  "The key-value pairs that are stored with the resource.",
);
annotate(MetadataOutput, { override: { type: "object", additionalProperties: OUTPUT_PAIR } });

const SCALARS = (["string", "integer", "boolean"] as const).flatMap((type): JsonSchema[] => [
  { type },
  { type: "array", items: { type } },
]);

component(
  "MetadataQuery",
  MetadataQuery,
  "`metadata[key]=value` matches items with this value, compared as text. A repeated key matches any of its values; different keys must all match.",
);
annotate(MetadataQuery, {
  override: { anyOf: [{ type: "object", additionalProperties: { anyOf: SCALARS } }, { type: "null" }] },
});

// In a query string everything is text: these are the types that the text represents.
annotate(Positive, { type: "integer", exclusiveMinimum: 0 });
annotate(QueryBoolean, { type: "boolean" });
annotate(FiniteNumber, { type: "number" });
annotate(PositiveNumber, { type: "number", exclusiveMinimum: 0 });
annotate(QueryNumber, { type: "number" });
annotate(QueryAmount, { type: "number", minimum: 0 });

/** Descriptions of the parameters that every list has. */
export const LIST_PARAMETERS = {
  organization_id: "Only items of these organizations. A token sees only its own organization.",
  page: { description: "The page number; the first page is 1.", default: 1 },
  limit: { description: "Items per page. Values above 100 count as 100.", default: 10 },
};

/** The description of the parameter of what can be answered as CSV. */
export const FORMAT_PARAMETER = `\`csv\` answers with CSV as \`Accept: text/csv\` does, \`json\` with JSON, whatever \`Accept\` says. ${EDGEMETER_ONLY}`;

/** The description of the parameter of lists that can be read by cursors. */
export const CURSOR_PARAMETER = `Reads the list to its end in a stable order, without counting: empty for the first page, then \`next_cursor\` of the page before, with the same parameters. Not together with \`page\`. ${EDGEMETER_ONLY}`;

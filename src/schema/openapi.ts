import * as z from "zod/mini";
import type { oas32, ZodOpenApiMetadata } from "zod-openapi";
import { MAX_KEY_LENGTH, MAX_KEYS, MAX_TEXT_LENGTH, Metadata } from "./metadata.ts";
import { Depth, MetadataQuery, Positive, QueryBoolean } from "./query.ts";
import { Timestamp } from "./timestamp.ts";
import { Uuid4 } from "./uuid.ts";

type Said = ZodOpenApiMetadata | string;
type JsonSchema = oas32.SchemaObject;

/** Adds to what the document says of a schema, wherever it is used; what was said before stays. */
export function describe<T extends z.core.$ZodType>(schema: T, said: Said): T {
  const before = z.globalRegistry.get(schema);
  z.globalRegistry.add(schema, { ...before, ...(typeof said === "string" ? { description: said } : said) });
  return schema;
}

/** Names a schema: it becomes a component of the document, and others refer to it. */
export function component<T extends z.core.$ZodType>(id: string, schema: T, said: Said): T {
  return describe(describe(schema, said), { id });
}

/** The same object with descriptions of its fields; those that are components describe themselves. */
export function fields<S extends z.core.$ZodShape>({ shape }: { shape: S }, said: { [K in keyof S]?: Said }) {
  const described = Object.entries(shape).map(([name, schema]) => {
    const about = said[name];
    // A copy, because fields share schemas; it inherits what the document says of the original.
    return [name, about === undefined ? schema : describe(z.clone(schema), about)];
  });
  return z.object(Object.fromEntries(described) as S);
}

type Parameter =
  | string
  | { description: string; example?: unknown; examples?: unknown[]; default?: unknown; contentSchema?: JsonSchema };

/** The parameters of a query string with their descriptions. */
export function parameters<S extends z.core.$ZodShape>(shape: S, said: { [K in keyof S]: Parameter }) {
  const described = Object.entries<Parameter>(said).map(([name, about]) => {
    const {
      default: standard,
      examples,
      contentSchema,
      ...param
    } = typeof about === "string" ? { description: about } : about;
    const style = name === "metadata" && { style: "deepObject", explode: true };
    const override = {
      ...(standard !== undefined && { default: standard }),
      ...(examples && { examples }),
      ...(contentSchema && { contentMediaType: "application/json", contentSchema }),
    };
    return [name, { param: { ...param, ...style }, ...(Object.keys(override).length > 0 && { override }) }];
  });
  return fields({ shape }, Object.fromEntries(described) as { [K in keyof S]: Said });
}

/** How `ref` marks a component: zod-openapi takes the usual path only from references that it made itself. */
export const REF = "component:";
/** A reference to a component, where Zod can't see what a transformation takes. */
export const ref = (id: string) => ({ $ref: REF + id });

/** What the document says of what Polar's API does not have. */
export const OWN = "Edgemeter's own.";

const UTC = { format: "date-time", pattern: "Z$" } as const;
/** A time in an answer: UTC, in milliseconds. */
export const time = (description: string) => describe(z.string(), { description, ...UTC });
/** A time in an answer, or null. */
export const timeOrNull = (description: string) => describe(z.nullable(describe(z.string(), UTC)), description);
/** An id in an answer. */
export const id = (description: string) => describe(z.string(), { description, format: "uuid4" });
/** Text in an answer. */
export const words = (description: string) => describe(z.string(), description);
/** JSON Schema's integer, without the bounds of exact doubles that Zod adds: they say nothing of answers. */
export const WHOLE = describe(z.int(), {
  override: ({ jsonSchema }) => {
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    delete jsonSchema.maximum;
  },
});
/** How many there are of something, in an answer. */
export const count = (description: string) => describe(z.clone(WHOLE), { description, minimum: 0 });

describe(Uuid4, { type: "string", format: "uuid4" });
describe(Timestamp, { type: "string", format: "date-time" });

const PLAIN: JsonSchema[] = [{ type: "integer" }, { type: "number" }, { type: "boolean" }];
/** What a pair of metadata may hold in a request. */
export const INPUT_PAIR: JsonSchema = {
  anyOf: [{ type: "string", minLength: 1, maxLength: MAX_TEXT_LENGTH }, ...PLAIN],
};
/** What a pair of metadata may hold in an answer. */
export const OUTPUT_PAIR: JsonSchema = { anyOf: [{ type: "string" }, ...PLAIN] };

describe(Metadata, {
  description: `Pairs that you keep with the resource: at most ${MAX_KEYS}, with keys of 1 to ${MAX_KEY_LENGTH} characters, and as values text of 1 to ${MAX_TEXT_LENGTH} characters, numbers or booleans. Integers beyond ±(2^53 − 1) are refused.`,
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
  "The pairs kept with the resource.",
);
describe(MetadataOutput, { override: { type: "object", additionalProperties: OUTPUT_PAIR } });

const SCALARS = (["string", "integer", "boolean"] as const).flatMap((type): JsonSchema[] => [
  { type },
  { type: "array", items: { type } },
]);

component(
  "MetadataQuery",
  MetadataQuery,
  '`metadata[key]=value`: the text of the pair\'s value. A key that is repeated means any of its values; different keys mean all of them. On the reference page, write `{"key":"value"}`.',
);
describe(MetadataQuery, {
  override: { anyOf: [{ type: "object", additionalProperties: { anyOf: SCALARS } }, { type: "null" }] },
});

// In a query string everything is text: these say what the text stands for.
describe(Positive, { type: "integer", exclusiveMinimum: 0 });
describe(Depth, { type: "integer", minimum: 0, maximum: 5 });
describe(QueryBoolean, { type: "boolean" });

/** What every list says of its own parameters. */
export const LIST_PARAMETERS = {
  organization_id: "Organizations whose items are listed. A token sees its own only.",
  page: { description: "The page, from 1 on.", default: 1 },
  limit: { description: "Items on a page; more than 100 are taken as 100.", default: 10 },
};

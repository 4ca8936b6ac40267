import { format, type Schema, Validator } from "@cfworker/json-schema";
import document from "../../reference/openapi.json" with { type: "json" };

export type JsonSchema = Record<string, any>;

export type Parameter = {
  in: "path" | "query" | "header";
  name: string;
  required?: boolean;
  schema: JsonSchema;
} & JsonSchema;
export type Response = {
  headers: Record<string, { required: boolean; schema: JsonSchema }>;
  content?: { "application/json": { schema: JsonSchema; examples?: Record<string, { value: unknown }> } };
};
export type Operation = {
  operationId: string;
  description: string;
  /** The scopes of which the token needs one; or a customer's session. */
  security: [{ oat?: string[]; customer_session?: [] }];
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: { "application/json": { schema: JsonSchema; example?: unknown } } };
  responses: Record<string, Response>;
  "x-codeSamples": [{ source: string }];
};

const PATHS = document.paths as unknown as Record<string, Record<string, Operation>>;
const SHARED = document.components.responses as unknown as Record<string, Response>;

/** The named schemas of the API's document. */
export const SCHEMAS = document.components.schemas as Record<string, JsonSchema>;

/** Every operation of the document, with the answers that it shares with others put in. */
export const OPERATIONS = Object.entries(PATHS).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    method: method.toUpperCase(),
    path,
    operation: { ...operation, responses: resolved(operation.responses) },
  })),
);

function resolved(responses: Record<string, Response | { $ref: string }>): Record<string, Response> {
  const entries = Object.entries(responses).map(([status, response]) => [
    status,
    "$ref" in response ? SHARED[response.$ref.split("/").at(-1)!]! : response,
  ]);
  return Object.fromEntries(entries);
}

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
format["uuid4"] = (value) => UUID4.test(value);

const REF = "#/components/schemas/";

/** A validator of a schema of the document; its own `$defs` replace the document's schemas. */
export function validatorOf({ $defs = SCHEMAS, ...schema }: JsonSchema): Validator {
  const text = JSON.stringify({ ...schema, $defs: namedIn(schema, $defs) }).replaceAll(REF, "#/$defs/");
  return new Validator(JSON.parse(text) as Schema, "2020-12", false);
}

/** The schemas that one refers to, and that these refer to: a validator of all takes a hundred times as long to make. */
function namedIn(schema: JsonSchema, all: Record<string, JsonSchema>, found: Record<string, JsonSchema> = {}) {
  for (const [, name = ""] of JSON.stringify(schema).matchAll(new RegExp(`${REF}([\\w-]+)`, "g"))) {
    if (name in found) continue;
    found[name] = all[name]!;
    namedIn(all[name]!, all, found);
  }
  return found;
}

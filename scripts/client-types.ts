/** The client's types, generated from the API's document. */
export const CLIENT_TYPES = "client/src/api.ts";

type Schema = Record<string, any>;
type Parameter = { in: string; name: string; required?: boolean; schema: Schema; description?: string };
type Content = { content?: { "application/json"?: { schema: Schema } } };
type Operation = {
  summary: string;
  parameters?: Parameter[];
  requestBody?: Content & { required?: boolean };
  responses: Record<string, Content & { $ref?: string }>;
};
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Content> };
};

const PLACES = ["path", "query", "header"];

/** Keywords that do not affect types. */
const WITHOUT_TYPE = new Set(
  "description default format pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems minProperties maxProperties propertyNames discriminator examples title contentMediaType contentSchema".split(
    " ",
  ),
);
const WITH_TYPE = new Set("$ref type enum const anyOf oneOf allOf items properties required additionalProperties".split(" ")); // prettier-ignore

/**
 * Returns the source of the client's types: `paths` in the form that openapi-fetch takes, and the schemas by their names.
 * @throws an Error for a keyword of JSON Schema that it does not know: leaving it out would make the types wrong
 */
export function clientTypes(document: Document): string {
  const { schemas, responses } = document.components;
  const keyed = Object.entries(document.paths).flatMap(([path, { post }]) =>
    post?.parameters?.some(({ name }) => name === "Idempotency-Key") ? [`  ${JSON.stringify(path)},\n`] : [],
  );
  const withCursors = Object.entries(document.paths).flatMap(([path, { get }]) =>
    get?.parameters?.some(({ name }) => name === "cursor") ? [`  ${JSON.stringify(path)},\n`] : [],
  );
  const paths = Object.entries(document.paths).map(([path, item]) => {
    const operations = Object.entries(item).map(
      ([method, operation]) => `${comment(operation.summary)}${method}: ${operationType(operation, responses)};\n`,
    );
    return `${JSON.stringify(path)}: {\n${operations.join("")}};\n`;
  });
  const named = Object.entries(schemas).map(([name, schema]) => property(name, schema, true));
  return indent(`// Generated from reference/openapi.json by npm run openapi.

/** The operations of the API by path and method. */
export interface paths {
${paths.join("")}}

/** What requests and answers consist of, by the names in the API's document. */
export interface Schemas {
${named.join("")}}

/** The operations that an \`Idempotency-Key\` makes repeatable. */
export const KEYED: ReadonlySet<string> = new Set([
${keyed.join("")}]);

/** The lists that can be read by cursors. */
export const CURSORS: ReadonlySet<string> = new Set([
${withCursors.join("")}]);
`);
}

/** Indents lines by the braces that are open. */
function indent(text: string): string {
  let depth = 0;
  const lines = text.split("\n").map((line) => {
    // Braces in comments do not count.
    const code = line.startsWith("/**") ? "" : line.replaceAll(/"[^"]*"/g, "");
    if (code.startsWith("}")) depth--;
    const indented = line === "" ? line : "  ".repeat(depth) + line;
    depth += code.split("{").length - code.split("}").length + (code.startsWith("}") ? 1 : 0);
    return indented;
  });
  return lines.join("\n");
}

function operationType(
  { parameters = [], requestBody, responses }: Operation,
  shared: Record<string, Content>,
): string {
  const places = PLACES.flatMap((place) => {
    const own = parameters.filter((each) => each.in === place);
    if (own.length === 0) return [];
    const fields = own.map(({ name, schema, required, description }) =>
      property(name, { ...schema, description }, required === true),
    );
    const isRequired = own.some(({ required }) => required);
    return [`${place}${isRequired ? "" : "?"}: {\n${fields.join("")}};\n`];
  });
  const answers = Object.entries(responses).map(([status, response]) => {
    const { content } = response.$ref === undefined ? response : shared[response.$ref.split("/").at(-1)!]!;
    return `${status}: ${contentType({ content })};\n`;
  });
  const body = requestBody && `requestBody${requestBody.required ? "" : "?"}: ${contentType(requestBody)};\n`;
  return `{\nparameters: {\n${places.join("")}};\n${body ?? ""}responses: {\n${answers.join("")}};\n}`;
}

function contentType({ content }: Content): string {
  const schema = content?.["application/json"]?.schema;
  return schema === undefined ? "{ content?: never }" : `{ content: { "application/json": ${typeOf(schema)} } }`;
}

function property(name: string, schema: Schema, isRequired: boolean): string {
  return `${comment(schema["description"])}${JSON.stringify(name)}${isRequired ? "" : "?"}: ${typeOf(schema)};\n`;
}

function typeOf(schema: Schema): string {
  const unknown = Object.keys(schema).find((key) => !WITH_TYPE.has(key) && !WITHOUT_TYPE.has(key));
  if (unknown !== undefined)
    throw new Error(`scripts/client-types.ts does not know ${unknown}: ${JSON.stringify(schema)}`);
  const { $ref, type, enum: values, const: value, anyOf, oneOf, allOf } = schema;
  const all = [
    ...($ref === undefined ? [] : [`Schemas[${JSON.stringify($ref.replace("#/components/schemas/", ""))}]`]),
    ...(allOf ?? []).map(typeOf),
    ...[anyOf, oneOf].filter(Boolean).map((each: Schema[]) => union(each.map(typeOf))),
  ];
  if (values !== undefined) all.push(union(values.map((each: unknown) => JSON.stringify(each))));
  else if (value !== undefined) all.push(JSON.stringify(value));
  else if (type !== undefined) all.push(union([type].flat().map((each: string) => ofType(each, schema))));
  if (all.length === 0) return "unknown";
  return all.length === 1 ? all[0]! : all.map((each) => `(${each})`).join(" & ");
}

function ofType(type: string, schema: Schema): string {
  switch (type) {
    case "integer":
      return "number";
    case "array":
      return `(${schema["items"] === undefined ? "unknown" : typeOf(schema["items"])})[]`;
    case "object":
      return objectType(schema);
    default:
      return type;
  }
}

function objectType({ properties = {}, required = [], additionalProperties }: Schema): string {
  const fields = Object.entries(properties as Record<string, Schema>);
  const lines = fields.map(([name, schema]) => property(name, schema, required.includes(name)));
  if (typeof additionalProperties === "object") {
    // TypeScript requires an index signature to include the types of the named fields.
    const types = [additionalProperties, ...fields.map(([, schema]) => schema)].map(typeOf);
    lines.push(`[name: string]: ${union(fields.length === 0 ? types : [...types, "undefined"])};\n`);
  } else if (fields.length === 0) lines.push("[name: string]: unknown;\n");
  return `{\n${lines.join("")}}`;
}

/** Removes duplicate types, also within unions of simple types. */
function union(types: string[]): string {
  const single = types.flatMap((type) => (/^[\w| ]+$/.test(type) ? type.split(" | ") : [type]));
  return [...new Set(single)].join(" | ");
}

function comment(text: string | undefined): string {
  return text === undefined ? "" : `/** ${text.split("\n\n")[0]!.replaceAll("*/", "* /").replaceAll("\n", " ")} */\n`;
}

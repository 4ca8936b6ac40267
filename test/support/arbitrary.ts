import fc from "fast-check";
import { type JsonSchema, SCHEMAS } from "./document.ts";

/** Text that can be stored: no NUL, no unpaired surrogate. */
const words = (limits: fc.StringConstraints) =>
  fc.string({ unit: "grapheme", size: "small", ...limits }).map((text) => text.replaceAll("\0", " "));

/** Times that are often close together, so that ranges between them can be requested. */
const times = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-03T00:00:00+05:30", "2026-01-05T12:34:56.789Z"),
  },
  fc
    .date({ min: new Date("1990-01-01"), max: new Date("2026-06-01"), noInvalidDate: true })
    .map((date) => date.toISOString()),
);

const FORMATS: Record<string, fc.Arbitrary<string>> = {
  uri: fc.webUrl({ validSchemes: ["https"] }),
  "date-time": times,
  uuid4: fc.uuid({ version: 4 }),
  email: fc.emailAddress(),
  // Between the limits of every operation, which a schema can't say of text.
  duration: fc.constantFrom("P90D", "PT12H", "P1W", "P11M", "P1DT1H1M1.5S"),
};

/** Limits for schemas without a limit: code points, and keys. */
const MANY = { characters: 3000, keys: 60 };

/**
 * Values that a schema of the document allows, now and then as large as it allows.
 * @param depth how often it may still enter a schema by name
 * @throws an error when the schema says something that can't be generated
 */
export function valuesOf(schema: JsonSchema, depth = 6): fc.Arbitrary<unknown> {
  if (schema["$ref"]) return valuesOf(SCHEMAS[schema["$ref"].split("/").at(-1)]!, depth - 1);
  const members: JsonSchema[] | undefined = schema["anyOf"] ?? schema["oneOf"];
  if (members) {
    // The first member ends the recursion.
    return fc.oneof(...(depth > 0 ? members : members.slice(0, 1)).map((member) => valuesOf(member, depth)));
  }
  if ("const" in schema) return fc.constant(schema["const"]);
  if (schema["enum"]) return fc.constantFrom(...schema["enum"]);
  if (Array.isArray(schema["type"])) {
    return fc.oneof(...schema["type"].map((type: string) => valuesOf({ ...schema, type }, depth)));
  }
  return plainValuesOf(schema, depth);
}

function plainValuesOf(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  switch (schema["type"]) {
    case "string":
      if (schema["contentSchema"])
        return valuesOf(schema["contentSchema"], depth).map((value) => JSON.stringify(value));
      return textsOf(schema);
    case "integer": {
      const above = schema["exclusiveMinimum"];
      const min = above === undefined ? (schema["minimum"] ?? Number.MIN_SAFE_INTEGER) : above + 1;
      const max = schema["maximum"] ?? Number.MAX_SAFE_INTEGER;
      return fc.oneof({ weight: 5, arbitrary: fc.integer({ min, max }) }, fc.constantFrom(min, max));
    }
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true, ...limitsOf(schema), ...excluded(schema) });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(valuesOf(schema["items"], depth - 1), { minLength: schema["minItems"] ?? 0, maxLength: 3 });
    case "object":
      return objectsOf(schema, depth);
    default:
      throw new Error(`what are values of ${JSON.stringify(schema)}?`);
  }
}

function excluded({ exclusiveMinimum: min }: JsonSchema): { min?: number; minExcluded?: boolean } {
  return min === undefined ? {} : { min, minExcluded: true };
}

function limitsOf({ minimum: min, maximum: max }: JsonSchema): { min?: number; max?: number } {
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

function textsOf({ format, examples, pattern, minLength = 0, maxLength }: JsonSchema): fc.Arbitrary<string> {
  if (format !== undefined) return FORMATS[format]!;
  const most = maxLength ?? MANY.characters;
  if (examples !== undefined) {
    // What a pattern says of them is not all.
    const others = pattern === undefined ? words({}) : fc.constantFrom(...examples);
    return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...examples) }, others);
  }
  const limits = { minLength, maxLength: Math.max(minLength, Math.min(most, 40)) };
  const some =
    pattern === undefined
      ? words(limits)
      : fc.stringMatching(new RegExp(pattern, "u")).filter((text) => text.length >= minLength && text.length <= most);
  return fc.oneof({ weight: 9, arbitrary: some }, fc.constant("x".repeat(most)));
}

function objectsOf(schema: JsonSchema, depth: number): fc.Arbitrary<object> {
  const { properties = {}, required = [], additionalProperties, propertyNames = {}, maxProperties } = schema;
  const fields = Object.entries<JsonSchema>(properties).map(([name, field]) => [name, valuesOf(field, depth)] as const);
  const known = fc.record(Object.fromEntries(fields), { requiredKeys: required });
  if (typeof additionalProperties !== "object") return known;
  const keys = textsOf({ minLength: 1, ...propertyNames }).filter((key) => !(key in properties));
  const values = valuesOf(additionalProperties, depth);
  const some = fc.dictionary(keys, values, { maxKeys: 4 });
  const names = Array.from({ length: maxProperties ?? MANY.keys }, (_, i) => `key ${i}`);
  const many = values.map((value) => Object.fromEntries(names.map((name) => [name, value])));
  const others = fc.oneof({ weight: 9, arbitrary: some }, many);
  return fc.tuple(known, others).map(([own, more]) => ({ ...more, ...own }));
}

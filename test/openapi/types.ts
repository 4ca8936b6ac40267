import type { JsonSchema } from "../support/document.ts";

/** What a JSON value may be: enough of JSON Schema to compare two descriptions of the same thing. */
export type Type =
  | { is: "any" | "boolean" | "null" }
  | { is: "text"; min?: number; max?: number; format?: string; pattern?: string }
  | { is: "integer" | "number"; min?: number; max?: number }
  | { is: "one of"; values: unknown[] }
  | { is: "list"; of: Type; least?: number; most?: number }
  | { is: "map"; of: Type; key?: Type; most?: number }
  | { is: "object"; fields: Record<string, Type>; required: string[]; rest?: Type }
  | { is: "union"; members: Type[] }
  | { is: "named"; name: string };

/** The types that have names, so that they can contain themselves. */
export type Names = Record<string, Type>;

/** The names that a type mentions, and those that their types mention. */
export function namesIn(type: Type, names: Names, found = new Set<string>()): Set<string> {
  if (type.is === "named" && !found.has(type.name)) namesIn(names[type.name]!, names, found.add(type.name));
  if (type.is === "list" || type.is === "map") namesIn(type.of, names, found);
  if (type.is === "union") for (const member of type.members) namesIn(member, names, found);
  if (type.is === "object") {
    for (const field of [...Object.values(type.fields), type.rest ?? []].flat()) namesIn(field, names, found);
  }
  return found;
}

/**
 * Where and how a value of the narrow type might not be one of the wide type; empty when each is.
 * Types of the same name are taken for equal: they are to be compared by themselves.
 */
export function differences(narrow: Type, wide: Type, names: { narrow: Names; wide: Names }): string[] {
  return compare(narrow, wide, "");

  function compare(n: Type, w: Type, at: string): string[] {
    if (n.is === "named" && w.is === "named" && n.name === w.name) return [];
    if (
      n.is === "named" &&
      (w.is !== "union" || !w.members.some((each) => each.is === "named" && each.name === n.name))
    ) {
      return compare(names.narrow[n.name]!, w, at);
    }
    if (n.is === "union") return n.members.flatMap((member) => compare(member, w, at));
    if (w.is === "union") return closest(w.members.map((member) => compare(n, member, at)));
    if (w.is === "named") return compare(n, names.wide[w.name]!, at);
    return n.is === "named" || w.is === "any" ? [] : compareKinds(n, w, at);
  }

  function compareKinds(n: Type, w: Type, at: string): string[] {
    if (n.is === "one of")
      return n.values.filter((value) => !takes(w, value)).map((value) => `${at}: ${String(value)}`);
    if (n.is === "integer" && w.is === "number") return compareKinds(n, { ...w, is: "integer" }, at);
    if (n.is === "map" && w.is === "object")
      return compareFields({ is: "object", fields: {}, required: [], rest: n.of }, w, at);
    if (n.is === "object" && w.is === "map") return compareFields(n, { ...n, fields: {}, rest: w.of }, at);
    if (n.is !== w.is) return [`${at}: ${n.is} for ${w.is}`];
    if (n.is === "object") return compareFields(n, w as typeof n, at);
    const limits = compareLimits(n, w, at);
    if (n.is === "list" || n.is === "map") limits.push(...compare(n.of, (w as typeof n).of, `${at}.*`));
    if (n.is === "map")
      limits.push(...compare(n.key ?? { is: "text" }, (w as typeof n).key ?? { is: "any" }, `${at}.key`));
    return limits;
  }

  function compareFields(n: Type & { is: "object" }, w: Type & { is: "object" }, at: string): string[] {
    const missing = w.required.filter((name) => !n.required.includes(name)).map((name) => `${at}.${name}: required`);
    const found = Object.entries(n.fields).flatMap(([name, type]) => {
      const counterpart = w.fields[name] ?? w.rest;
      return counterpart === undefined ? [`${at}.${name}: unknown`] : compare(type, counterpart, `${at}.${name}`);
    });
    const rest = n.rest === undefined ? [] : compare(n.rest, w.rest ?? { is: "any" }, `${at}.*`);
    return [...missing, ...found, ...rest];
  }
}

/** The shortest list: what keeps a type from being a member of a union is what keeps it from the most similar one. */
function closest(candidates: string[][]): string[] {
  return candidates.reduce((least, each) => (each.length < least.length ? each : least));
}

function takes(type: Type, value: unknown): boolean {
  if (type.is === "one of") return type.values.includes(value);
  if (type.is !== "text" || typeof value !== "string") return type.is === "boolean" && typeof value === "boolean";
  return type.pattern === undefined || new RegExp(type.pattern, "u").test(value);
}

/** Bounds that the wide type has and the narrow one has not, or has further out. */
function compareLimits(n: object, w: object, at: string): string[] {
  const [narrow, wide] = [n as Record<string, unknown>, w as Record<string, unknown>];
  return ["min", "max", "least", "most", "format", "pattern"].flatMap((limit) => {
    const [a, b] = [narrow[limit], wide[limit]];
    if (b === undefined || a === b) return [];
    if (typeof a === "number" && typeof b === "number" && (/min|least/.test(limit) ? a >= b : a <= b)) return [];
    return [`${at}: ${limit} ${JSON.stringify(b)}`];
  });
}

/** Words of JSON Schema that bind no value. */
const SILENT = new Set(["description", "default", "discriminator", "examples", "contentMediaType", "contentSchema"]);
/** The words that bind, by what a schema mostly says: beside them no other is understood. */
const UNDERSTOOD: Record<string, string[]> = {
  $ref: [],
  // An alternative of objects may say that it is one.
  anyOf: ["type"],
  oneOf: ["type"],
  const: ["type"],
  enum: ["type"],
  properties: ["type", "required", "additionalProperties"],
  additionalProperties: ["type", "propertyNames", "maxProperties"],
  items: ["type", "minItems", "maxItems"],
  type: ["minLength", "maxLength", "format", "pattern", "minimum", "maximum", "exclusiveMinimum"],
};

/**
 * Reads a JSON Schema as a type.
 * @throws an error when the schema says something that can't be compared
 */
export function typeOf(schema: JsonSchema): Type {
  const words = Object.keys(schema).filter((word) => !SILENT.has(word));
  const main = Object.keys(UNDERSTOOD).find((word) => word in schema);
  const strange = words.filter((word) => word !== main && !UNDERSTOOD[main ?? ""]?.includes(word));
  if (strange.length > 0) throw new Error(`what does ${strange.join(", ")} mean beside ${main}?`);
  if (schema["$ref"]) return { is: "named", name: schema["$ref"].split("/").at(-1) };
  const members = schema["anyOf"] ?? schema["oneOf"];
  if (members) {
    const types: Type[] = members.map(typeOf);
    return { is: "union", members: types.flatMap((type) => (type.is === "union" ? type.members : type)) };
  }
  if ("const" in schema) return { is: "one of", values: [schema["const"]] };
  if (schema["enum"]) return { is: "one of", values: schema["enum"] };
  if (Array.isArray(schema["type"])) {
    return { is: "union", members: schema["type"].map((type: string) => typeOf({ ...schema, type })) };
  }
  return plainTypeOf(schema);
}

function plainTypeOf(schema: JsonSchema): Type {
  switch (schema["type"]) {
    case undefined:
      return { is: "any" };
    case "string":
      return defined({
        is: "text",
        min: schema["minLength"],
        max: schema["maxLength"],
        format: schema["format"],
        pattern: schema["pattern"],
      });
    case "integer":
    case "number": {
      const above = schema["exclusiveMinimum"];
      return defined({
        is: schema["type"],
        min: above === undefined ? schema["minimum"] : above + 1,
        max: schema["maximum"],
      });
    }
    case "array":
      return defined({ is: "list", of: typeOf(schema["items"]), least: schema["minItems"], most: schema["maxItems"] });
    case "object":
      return objectTypeOf(schema);
    default:
      return { is: schema["type"] };
  }
}

function objectTypeOf(schema: JsonSchema): Type {
  const rest = schema["additionalProperties"] && typeOf(schema["additionalProperties"]);
  if (!schema["properties"]) {
    const key = schema["propertyNames"] && typeOf(schema["propertyNames"]);
    return defined({ is: "map", of: rest ?? { is: "any" }, key, most: schema["maxProperties"] });
  }
  const fields = Object.entries<JsonSchema>(schema["properties"]).map(([name, field]) => [name, typeOf(field)]);
  return defined({ is: "object", fields: Object.fromEntries(fields), required: schema["required"] ?? [], rest });
}

function defined(type: { [K in keyof any]: unknown }): Type {
  return Object.fromEntries(Object.entries(type).filter(([, value]) => value !== undefined)) as Type;
}

// How types are written down.

export const text = (limits: { min?: number; max?: number; format?: string; pattern?: string } = {}): Type => ({
  is: "text",
  ...limits,
});
export const uuid: Type = { is: "text", format: "uuid4" };
export const time: Type = { is: "text", format: "date-time" };
export const integer = (limits: { min?: number; max?: number } = {}): Type => ({ is: "integer", ...limits });
export const number: Type = { is: "number" };
export const boolean: Type = { is: "boolean" };
const nothing: Type = { is: "null" };
export const oneOf = (...values: string[]): Type => ({ is: "one of", values });
export const list = (of: Type): Type => ({ is: "list", of });
export const union = (...members: Type[]): Type => ({ is: "union", members });
export const orNull = (type: Type) => union(type, nothing);
export const severalOrNull = (type: Type) => union(type, list(type), nothing);
export const named = (name: string): Type => ({ is: "named", name });

/** An object: a `?` behind the name of a field that may be left out. */
export function object(fields: Record<string, Type>, rest?: Type): Type {
  const plain = Object.entries(fields).map(([name, type]) => [name.replace("?", ""), type]);
  const required = Object.keys(fields).filter((name) => !name.endsWith("?"));
  return { is: "object", fields: Object.fromEntries(plain), required, ...(rest && { rest }) };
}

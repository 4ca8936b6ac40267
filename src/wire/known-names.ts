import type * as z from "zod/mini";
import { JsonError, parseJson } from "./json.ts";

/** A field of a request that is not in its schema. */
export type UnknownName = {
  /** The path: field names and indexes. */
  path: (string | number)[];
  /** The known field that is probably meant. */
  meant: string | undefined;
};

type Schema = z.core.$ZodType;
/** The parts of a Zod schema that determine the names of fields. */
type Def = {
  shape?: Record<string, Schema>;
  catchall?: Schema;
  innerType?: Schema;
  element?: Schema;
  in?: Schema;
  out?: Schema;
  options?: Schema[];
  discriminator?: string;
};

/** For schemas that are functions: returns the schema with the field names of a value. */
const SHAPES = new WeakMap<Schema, (value: unknown) => Schema | undefined>();
/** The maximum number of levels that are checked; no schema has more. */
const MAX_DEPTH = 40;

/** Registers, for a schema that is a function, the schema that has the field names of a value. */
export function shapedLike<T extends Schema>(schema: T, shape: (value: unknown) => Schema | undefined): T {
  SHAPES.set(schema, shape);
  return schema;
}

/** Finds fields that a schema would ignore, at most so many; keys of metadata are not fields. */
export function findUnknownNames(schema: Schema, value: unknown, most: number): UnknownName[] {
  return find(schema, value, { isWanted: () => true, most });
}

/** Like findUnknownNames, but only fields that resemble a known name. */
export function findMisspeltNames(schema: Schema, value: unknown, most: number): UnknownName[] {
  return find(schema, value, { isWanted: ({ meant }) => meant !== undefined, most });
}

type Wanted = { isWanted: (unknown: UnknownName) => boolean; most: number };
/** A search: its position, its findings, and the known name that each unknown one resembles. */
type Search = Wanted & { path: UnknownName["path"]; found: UnknownName[]; known: Map<object, Names>; compared: number };
type Names = Map<string, string | undefined>;
/** The maximum number of different unknown names that are compared: a body can have hundreds of thousands. */
const MAX_COMPARED = 1000;

function find(schema: Schema, value: unknown, wanted: Wanted): UnknownName[] {
  const search: Search = { ...wanted, path: [], found: [], known: new Map(), compared: 0 };
  walk(search, schema, value);
  return search.found;
}

function walk(search: Search, schema: Schema, value: unknown): void {
  if ((typeof value !== "object" && typeof value !== "string") || value === null) return;
  const structure = search.path.length > MAX_DEPTH ? undefined : structureOf(schema, value);
  if (structure === undefined) return;
  // A string has fields only in a query parameter that holds JSON.
  const inside = typeof value === "string" ? readJson(value) : value;
  if (typeof inside !== "object" || inside === null) return;
  const { element, shape, catchall } = structure;
  if (Array.isArray(inside)) {
    if (element === undefined) return;
    for (let index = 0; index < inside.length; index++) enter(search, index, element, inside[index]);
  } else if (shape !== undefined) {
    for (const key in inside) {
      if (Object.hasOwn(shape, key)) enter(search, key, shape[key]!, Reflect.get(inside, key));
      else if (catchall === undefined) add(search, key, shape);
      if (search.found.length === search.most) return;
    }
  }
}

function enter(search: Search, key: string | number, schema: Schema, value: unknown): void {
  if (search.found.length === search.most) return;
  search.path.push(key);
  walk(search, schema, value);
  search.path.pop();
}

function add(search: Search, key: string, shape: Record<string, Schema>): void {
  const names: Names = search.known.get(shape) ?? new Map();
  search.known.set(shape, names);
  if (!names.has(key) && search.compared++ < MAX_COMPARED) names.set(key, resembling(key, shape));
  const unknown = { path: [...search.path, key], meant: names.get(key) };
  if (search.isWanted(unknown)) search.found.push(unknown);
}

function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

/** Finds the part of a schema that describes a value's fields or elements; undefined if there is none. */
function structureOf(schema: Schema, value: unknown): Def | undefined {
  const shape = SHAPES.get(schema);
  if (shape !== undefined) {
    const next = shape(value);
    return next && structureOf(next, value);
  }
  const def = schema._zod.def as Def;
  if (def.shape !== undefined || def.element !== undefined) return def;
  if (def.options !== undefined) return optionOf(def, value);
  if (def.innerType !== undefined) return structureOf(def.innerType, value);
  return (def.in && structureOf(def.in, value)) ?? (def.out && structureOf(def.out, value));
}

/** Finds the member of a union that has the value's discriminator. */
function optionOf({ options, discriminator }: Def, value: unknown): Def | undefined {
  if (discriminator === undefined || typeof value !== "object" || value === null) return undefined;
  const chosen = options!.find((option) => {
    const field = (option._zod.def as Def).shape?.[discriminator];
    return field?._zod.values?.has(Reflect.get(value, discriminator)) === true;
  });
  return chosen && structureOf(chosen, value);
}

/** Longer names are not compared. */
const MAX_LENGTH = 60;
const MIN_PREFIX = 4;

/** Finds the known name that a name resembles: written differently, misspelt, or shortened. */
function resembling(key: string, shape: Record<string, Schema>): string | undefined {
  if (key.length > MAX_LENGTH) return undefined;
  const words = wordsOf(key);
  const plain = words.join("");
  const names = Object.keys(shape).map((name) => ({ name, words: wordsOf(name) }));
  const sorted = words.toSorted().join(" ");
  const same = names.find((known) => known.words.join("") === plain || known.words.toSorted().join(" ") === sorted);
  if (same !== undefined) return same.name;
  const misspelt = names.find((known) => isMisspelt(plain, known.words.join("")));
  if (misspelt !== undefined) return misspelt.name;
  return plain.length < MIN_PREFIX ? undefined : names.find((known) => known.words.join("").startsWith(plain))?.name;
}

/** The words of a name in snake_case, camelCase or kebab-case. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== "");
}

/** Returns whether a text differs from a known one in at most a quarter of its letters, and two at most. */
function isMisspelt(text: string, known: string): boolean {
  const most = Math.min(2, Math.floor(known.length / 4));
  if (most === 0 || Math.abs(text.length - known.length) > most) return false;
  return distance(text, known) <= most;
}

/** The edit distance: letters to add, remove, replace, or exchange with the next one. */
function distance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const exchanged =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, replaced, exchanged));
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}

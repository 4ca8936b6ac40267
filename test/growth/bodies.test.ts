import { threadCpuUsage } from "node:process";
import { describe, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { Conflict } from "../../src/errors.ts";
import { SCOPES } from "../../src/auth/principal.ts";
import { tokenOf } from "../../src/auth/token.ts";
import { parseJson } from "../../src/wire/json.ts";
import { type JsonSchema, OPERATIONS, SCHEMAS } from "../support/document.ts";

const TOKEN = tokenOf("a".repeat(37));
const RECORD = JSON.stringify({
  id: "a1111111-1111-4111-8111-111111111111",
  organization_id: "11111111-1111-4111-8111-111111111111",
  store: "d1",
  scopes: SCOPES,
  expires_at: null,
  created_at: "2026-01-01T00:00:00Z",
});
const app = createApp(() => {
  throw new Conflict("the request is valid");
});
const env = { TOKENS: { get: async () => RECORD } };

type Path = (string | number)[];
const MAX_DEPTH = 6;

/** The schemas that a schema stands for, its alternatives each. */
function alternativesOf(schema: JsonSchema): JsonSchema[] {
  if (schema["$ref"]) return alternativesOf(SCHEMAS[schema["$ref"].split("/").at(-1)]!);
  const members: JsonSchema[] | undefined = schema["anyOf"] ?? schema["oneOf"];
  return members === undefined ? [schema] : members.flatMap(alternativesOf);
}

/** Every place in a body. */
function placesOf(schema: JsonSchema, path: Path = []): Path[] {
  if (path.length > MAX_DEPTH) return [];
  return alternativesOf(schema).flatMap((each) => [
    path,
    ...Object.entries<JsonSchema>(each["properties"] ?? {}).flatMap(([name, part]) => placesOf(part, [...path, name])),
    ...(typeof each["additionalProperties"] === "object"
      ? placesOf(each["additionalProperties"], [...path, "key"])
      : []),
    ...(each["items"] ? placesOf(each["items"], [...path, 0]) : []),
  ]);
}

function put(body: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (typeof key === "number") return [put(Array.isArray(body) ? body[0] : undefined, rest, value)];
  const object = typeof body === "object" && body !== null && !Array.isArray(body) ? body : {};
  return { ...object, [key]: put((object as Record<string, unknown>)[key], rest, value) };
}

/** Each body that the document shows, and every place in it, once. */
const BODIES = OPERATIONS.flatMap(({ method, path, operation }) => {
  const content = operation.requestBody?.content["application/json"];
  if (content === undefined) return [];
  // Filters nest: a place deep in one is read as the same place above it.
  const places = new Map(
    placesOf(content.schema)
      .map((place) => [place.slice(-2).join("."), place])
      .toReversed() as [string, Path][],
  );
  const url = path.replaceAll(/\{\w+\}/g, "1b671a64-40d5-491e-99b0-da01ff1f3341");
  return [{ id: operation.operationId, method, url, body: content.example ?? {}, places: [...places.values()] }];
});

const MEGABYTE = 1024 * 1024;
/** Bytes of a text: if each byte is compared with each, even a step of a nanosecond would take a second. */
const SIZE = MEGABYTE / 32;
/** Elements of a list: twice as many as any list may have. */
const ELEMENTS = 20_000;

/** Texts that are slow to check for labels, digits, white space or marks unless the length is checked first. */
const TEXTS = ["a.", " ", "1", "\u0301"];
const text = (unit: string, bytes: number) => unit.repeat(Math.floor(bytes / new TextEncoder().encode(unit).length));

const computed = () => {
  const { user, system } = threadCpuUsage();
  return (user + system) / 1000;
};

async function send(
  { method, url }: { method: string; url: string },
  body: string,
): Promise<{ status: number; milliseconds: number }> {
  const headers = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" };
  const start = computed();
  const { status } = await app.request(url, { method, headers, body }, env);
  return { status, milliseconds: computed() - start };
}

/** The minimum time in milliseconds: to parse the body and visit each code point once. */
function looking(body: string): number {
  const start = computed();
  let count = 0;
  for (const _ of new TextDecoder().decode(new TextEncoder().encode(body))) count++;
  parseJson(body);
  return count === 0 ? 0 : computed() - start;
}

/** How much longer than the minimum a request may take, as a factor and a constant. */
const [TIMES, CONSTANT] = [25, 100];

/** What is left out beside a valid clause, or beside a valid external id. */
const IGNORED = /(\.0|\bevent)\.(clauses|conjunction|customer_id)$/;

/** Returns what is wrong with the time that a request took. */
function excess(milliseconds: number, body: string): string | null {
  if (milliseconds <= CONSTANT) return null;
  const least = looking(body);
  return milliseconds <= CONSTANT + TIMES * least ? null : `${milliseconds} ms, against ${least} ms of reading it`;
}

describe("A body", () => {
  it.for(BODIES)(
    "costs little more than reading it, whatever text is where: $id",
    { timeout: 300_000 },
    async (shown, { expect }) => {
      const slow: string[] = [];
      for (const path of shown.places) {
        for (const unit of TEXTS) {
          const body = JSON.stringify(put(shown.body, path, "@@")).replace("@@", text(unit, SIZE));
          const { milliseconds } = await send(shown, body);
          const found = excess(milliseconds, body);
          if (found !== null) slow.push(`${path.join(".")} of ${unit}: ${found}`);
        }
      }
      expect(slow).toEqual([]);
    },
  );

  it.for(BODIES)("is refused with 422 for 20,000 elements, wherever they are: $id", async (shown, { expect }) => {
    const wrong: string[] = [];
    for (const path of shown.places) {
      for (const element of ["0", "{}"]) {
        const many = `[${Array(ELEMENTS).fill(element).join(",")}]`;
        const body = JSON.stringify(put(shown.body, path, "@@")).replace('"@@"', many);
        const { status, milliseconds } = await send(shown, body);
        const found = excess(milliseconds, body);
        const isIgnored = IGNORED.test(path.join(".")) && status === 409;
        if ((status !== 422 && !isIgnored) || found !== null)
          wrong.push(`${path.join(".")} of ${element}: ${status}, ${found}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

import { format, type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import document from "../../src/openapi.json";

/** An answer, as any client sees it. */
type Seen = { method: string; path: string; status: number; headers: Headers; text: string };

type Header = { required: boolean; schema: Schema };
type Response = { headers: Record<string, Header>; content?: { "application/json": { schema: Schema } } };
type Operation = {
  operationId: string;
  security: { oat: string[] }[];
  parameters?: { in: string; name: string }[];
  responses: Record<string, Response | { $ref: string }>;
  "x-codeSamples": [{ source: string }];
};

const PATHS = document.paths as unknown as Record<string, Record<string, Operation>>;
const SHARED = document.components.responses as unknown as Record<string, Response>;

/** Every operation of the document. */
export const OPERATIONS = Object.entries(PATHS).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);

/** Every answer of the document. */
export const ANSWERS = [
  ...Object.values(SHARED),
  ...OPERATIONS.flatMap(({ operation }) => Object.values(operation.responses)).filter((each) => "headers" in each),
];

/** What any answer carries for browsers and caches, whatever the operation: not part of its description. */
const GENERAL = new Set([
  "access-control-allow-origin",
  "access-control-expose-headers",
  "content-length",
  "content-security-policy",
  "content-type",
  "cross-origin-resource-policy",
  "referrer-policy",
  "strict-transport-security",
  "x-content-type-options",
  "x-frame-options",
  // What a server on the way adds: `wrangler dev` on a real socket.
  "connection",
  "date",
  "keep-alive",
  "transfer-encoding",
  "content-encoding",
  "vary",
]);

/** What a request is answered that no operation takes: the method, the path or the credentials are wrong. */
const NO_OPERATION = new Set([204, 401, 404, 405, 503]);

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
format["uuid4"] = (value) => UUID4.test(value);

/** How an answer differs from what the document says of it; empty when it doesn't. */
export function deviations(seen: Seen): string[] {
  const operation = findOperation(seen.method, seen.path);
  if (operation === undefined) return NO_OPERATION.has(seen.status) ? [] : ["no operation"];
  const response = responseOf(operation, seen.status);
  if (response === undefined) return ["the status is not documented"];
  return [...wrongHeaders(response, seen.headers), ...wrongBody(operation, response, seen)];
}

/** The operation of a path, in either of its slash forms; a literal path goes before a template. */
function findOperation(method: string, path: string): Operation | undefined {
  const wanted = path.replace(/\/+$/, "");
  const candidates = OPERATIONS.filter(
    (each) =>
      each.method === method.replace("HEAD", "GET") &&
      new RegExp(`^${each.path.replace(/\/$/, "").replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(wanted),
  );
  return (candidates.find((each) => !each.path.includes("{")) ?? candidates[0])?.operation;
}

function responseOf({ responses }: Operation, status: number): Response | undefined {
  const found = responses[status];
  return found !== undefined && "$ref" in found ? SHARED[found.$ref.split("/").at(-1)!] : found;
}

function wrongHeaders({ headers: documented }: Response, headers: Headers): string[] {
  const names = new Set(Object.keys(documented).map((name) => name.toLowerCase()));
  const unknown = [...headers.keys()].filter((name) => !names.has(name) && !GENERAL.has(name));
  const wrong = Object.entries(documented).filter(([name, { required, schema }]) => {
    const value = headers.get(name);
    return value === null ? required : !validatorOf(schema).validate(value).valid;
  });
  return [
    ...unknown.map((name) => `the header ${name} is not documented`),
    ...wrong.map(([name]) => `the header ${name} is ${headers.get(name)}`),
  ];
}

function wrongBody(
  { operationId }: Operation,
  { content }: Response,
  { method, status, headers, text }: Seen,
): string[] {
  if (content === undefined || method === "HEAD") return text === "" ? [] : ["a body is not documented"];
  if (headers.get("Content-Type") !== "application/json") return [`the body is ${headers.get("Content-Type")}`];
  const { valid, errors } = validatorOf(content["application/json"].schema).validate(JSON.parse(text));
  return valid ? [] : errors.map((each) => describeError(`${operationId} ${status}`, each));
}

function describeError(where: string, { instanceLocation, error }: OutputUnit): string {
  return `${where} ${instanceLocation}: ${error}`;
}

const validators = new Map<Schema, Validator>();

/** A validator of a schema of the document in which no object may have a field that is not documented. */
function validatorOf(schema: Schema): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const all = { ...schema, $defs: document.components.schemas };
  const text = JSON.stringify(closed(all)).replaceAll("#/components/schemas/", "#/$defs/");
  const validator = new Validator(JSON.parse(text), "2020-12", false);
  validators.set(schema, validator);
  return validator;
}

function closed(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const copy = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closed(part)]));
  const isOpen =
    typeof copy["properties"] === "object" && copy["type"] === "object" && !("additionalProperties" in copy);
  return isOpen ? { ...copy, additionalProperties: false } : copy;
}

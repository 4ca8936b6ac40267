import { type OutputUnit, type Validator } from "@cfworker/json-schema";
import { type JsonSchema, type Operation, OPERATIONS, type Response, SCHEMAS, validatorOf } from "./document.ts";

/** An answer, as any client sees it. */
type Seen = { method: string; path: string; status: number; headers: Headers; text: string };

/** Headers of every answer that no operation documents. */
const GENERAL = new Set([
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "access-control-max-age",
  "connection",
  "content-encoding",
  "content-length",
  "content-security-policy",
  "content-type",
  "cross-origin-resource-policy",
  "date",
  "keep-alive",
  "referrer-policy",
  "strict-transport-security",
  "transfer-encoding",
  "vary",
  "x-content-type-options",
  "x-frame-options",
]);

const GET_METER = OPERATIONS.find(({ operation }) => operation.operationId === "meters:get")!.operation.responses;
const { headers: EVERY_HEADER } = GET_METER["404"]!;
const ALLOW = { Allow: { required: true, schema: { type: "string", pattern: "^[A-Z]+(, [A-Z]+)*$" } } };

/** Answers to requests that match no operation: with a wrong method, path or credentials. */
const NO_OPERATION: Record<number, Response> = {
  204: { headers: { ...EVERY_HEADER, Allow: { ...ALLOW.Allow, required: false } } },
  401: GET_METER["401"]!,
  404: GET_METER["404"]!,
  405: {
    headers: { ...EVERY_HEADER, ...ALLOW },
    content: {
      "application/json": {
        schema: {
          type: "object",
          properties: { error: { const: "MethodNotAllowed" }, detail: { type: "string" } },
          required: ["error", "detail"],
        },
      },
    },
  },
  429: GET_METER["429"]!,
  503: GET_METER["503"]!,
};

/** How an answer differs from what the document says of it; empty when it doesn't. */
export function deviations(seen: Seen): string[] {
  const operation = findOperation(seen.method, seen.path);
  const response = (operation?.responses ?? NO_OPERATION)[seen.status];
  if (response === undefined) {
    return [operation ? "the status is not documented" : "the document has no such operation: see scripts/openapi.ts"];
  }
  return [...wrongHeaders(response, seen.headers), ...wrongBody(response, seen)];
}

/** The operation of a path with or without a trailing slash: the one with the longest literal part. */
function findOperation(method: string, path: string): Operation | undefined {
  const wanted = path.replace(/^\/+/, "/").replace(/\/+$/, "");
  const candidates = OPERATIONS.filter(
    (each) =>
      each.method === method.replace("HEAD", "GET") &&
      new RegExp(`^${each.path.replace(/\/$/, "").replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(wanted),
  );
  const literal = ({ path: template }: { path: string }) => `${template}{`.indexOf("{");
  return candidates.toSorted((a, b) => literal(b) - literal(a))[0]?.operation;
}

function wrongHeaders({ headers: documented }: Response, headers: Headers): string[] {
  const names = new Set(Object.keys(documented).map((name) => name.toLowerCase()));
  const unknown = [...headers.keys()].filter((name) => !names.has(name) && !GENERAL.has(name));
  const wrong = Object.entries(documented).filter(([name, { required, schema }]) => {
    const value = headers.get(name);
    return value === null ? required : !closedValidatorOf(schema).validate(value).valid;
  });
  return [
    ...unknown.map((name) => `the header ${name} is not documented`),
    ...wrong.map(([name]) => `the header ${name} is ${headers.get(name)}`),
  ];
}

function wrongBody({ content }: Response, { method, headers, text }: Seen): string[] {
  if (content === undefined) return text === "" ? [] : ["a body is not documented"];
  if (headers.get("Content-Type")?.startsWith("text/csv"))
    return "text/csv" in content ? [] : ["CSV is not documented"];
  if (headers.get("Content-Type") !== "application/json") return [`the body is ${headers.get("Content-Type")}`];
  if (method === "HEAD") return text === "" ? [] : ["HEAD has no body"];
  const { valid, errors } = closedValidatorOf(content["application/json"].schema).validate(JSON.parse(text));
  return valid ? [] : errors.map(describeError);
}

function describeError({ instanceLocation, error }: OutputUnit): string {
  return `${instanceLocation}: ${error}`;
}

const validators = new Map<JsonSchema, Validator>();
const CLOSED = closed(SCHEMAS) as JsonSchema;

/** A validator of a schema in which no object may have a field that is not documented. */
function closedValidatorOf(schema: JsonSchema): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const validator = validatorOf({ ...(closed(schema) as JsonSchema), $defs: CLOSED });
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

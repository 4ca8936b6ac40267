import type { Context } from "hono";
import { PolarRequestValidationError } from "../errors.ts";
import { sha256 } from "../sha256.ts";
import { fromBase64Url, toBase64Url } from "../wire/base64url.ts";
import { FOREIGN_CURSOR, type Position } from "../wire/query.ts";
import { JsonError, parseJson } from "../wire/json.ts";
import type { AppEnv } from "./env.ts";
import { canonicalJson } from "./idempotency.ts";

/** The parameters of a list. A cursor is valid only with the same ones, except for the limit and the format. */
type Query = { cursor?: string | undefined; format?: unknown; limit: number; offset: number };

/** Hexadecimal digits of the hash that binds a cursor to its list. */
const DIGITS = 16;

/** Makes the cursor of the page after a position. */
export async function makeCursor(c: Context<AppEnv>, query: Query, position: Position): Promise<string> {
  const json = JSON.stringify([await bind(c, query, position), ...position]);
  return toBase64Url(new TextEncoder().encode(json));
}

/**
 * Reads the position in a cursor; null if the cursor is empty, for the first page.
 * @throws PolarRequestValidationError at `cursor` when it is not one of this list with these parameters
 */
export async function readCursor(c: Context<AppEnv>, query: Query & { cursor: string }): Promise<Position | null> {
  if (query.cursor === "") return null;
  const [bound, ...position] = decode(query.cursor);
  if (bound === (await bind(c, query, position as Position))) return position as Position;
  const problem = { type: "value_error", loc: ["query", "cursor"], msg: FOREIGN_CURSOR, input: query.cursor };
  throw new PolarRequestValidationError([problem]);
}

async function bind(c: Context<AppEnv>, query: Query, position: Position): Promise<string> {
  const { cursor: _, limit: __, offset: ___, format: ____, ...rest } = query;
  const { organizationId } = c.var.principal;
  return (await sha256(canonicalJson([c.req.path, organizationId, rest, position]))).slice(0, DIGITS);
}

/** A position has no bigint, which an integer too long for a double would become. */
const isPart = (part: unknown) => part === null || typeof part === "string" || typeof part === "number";

function decode(cursor: string): unknown[] {
  const bytes = fromBase64Url(cursor);
  if (bytes === null) return [];
  try {
    const value = parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return Array.isArray(value) && value.every(isPart) ? value : [];
  } catch (error) {
    if (error instanceof JsonError || error instanceof TypeError) return [];
    throw error;
  }
}

import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import { BadRequest, RequestBodyTooLarge, RequestValidationError, UnsupportedMediaType } from "../errors.ts";
import { JsonError, parseJson, TooManyValues } from "../wire/json.ts";

/** RFC 6839, section 3.1: the structured syntax suffix +json means JSON too. */
const JSON_TYPE = /^application\/(?:[\w.!#$&^+-]*\+)?json$/i;

/**
 * Reads a JSON body: its type, its size, its bytes, its syntax, in this order.
 * @param limit in bytes
 * @returns the parsed value; undefined when the body is empty or `null`, which no route takes
 * @throws UnsupportedMediaType (415), RequestBodyTooLarge (413) in bytes or in values, BadRequest (400) when it is cut off or not UTF-8,
 *   RequestValidationError (422 `json_invalid`)
 */
export async function readJson(c: Context<AppEnv>, limit: number): Promise<unknown> {
  const type = c.req.header("Content-Type");
  if (type !== undefined) checkType(type);
  const encoding = c.req.header("Content-Encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new UnsupportedMediaType("Send the body without Content-Encoding.");
  }
  const bytes = await readBytes(c.req.raw, limit).catch(refuseIncomplete);
  if (bytes.length === 0) return undefined;
  if (type === undefined) throw new UnsupportedMediaType("Send Content-Type: application/json with the body.");
  return parse(decode(bytes)) ?? undefined;
}

function checkType(type: string): void {
  if (JSON_TYPE.test(type.split(";")[0]!.trim())) return;
  throw new UnsupportedMediaType("The body should be JSON: send Content-Type: application/json.");
}

/** Only the caller can be why a body does not arrive: it went away, or broke off. */
function refuseIncomplete(error: unknown): never {
  if (error instanceof RequestBodyTooLarge) throw error;
  throw new BadRequest("The body did not arrive completely. Send the request again.");
}

async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const declared = request.headers.get("Content-Length");
  if (declared === null) return readChunks(request, limit);
  if (Number(declared) > limit) throw tooLarge(limit);
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > limit) throw tooLarge(limit);
  return bytes;
}

/** Reads a body of unknown size, no further than the limit. */
async function readChunks(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function tooLarge(limit: number): RequestBodyTooLarge {
  return new RequestBodyTooLarge(`The body is larger than ${limit} bytes.`);
}

/** Decodes UTF-8, without the one byte order mark that may come first. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new BadRequest("The body is not UTF-8.");
  }
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (error instanceof TooManyValues) throw new RequestBodyTooLarge(`${error.message} Send less in one request.`);
    throw new RequestValidationError([{ type: "json_invalid", loc: ["body"], msg: error.message }]);
  }
}

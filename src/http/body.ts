import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import { BadRequest, RequestBodyTooLarge, RequestValidationError, UnsupportedMediaType } from "../errors.ts";
import { nextTurn } from "../time/turn.ts";
import { JsonError, parseJson, TooManyValues } from "../wire/json.ts";

/** RFC 6839, section 3.1: the structured syntax suffix +json means JSON too. */
const JSON_TYPE = /^application\/(?:[\w.!#$&^+-]*\+)?json$/i;

/** The maximum size of a JSON body in bytes, compressed and decompressed, and whether it may be compressed. */
export type BodyRules = { limit: number; takesGzip: boolean };

/**
 * Reads a JSON body. It checks the type, the size, the encoding and the syntax, in this order.
 * @returns the parsed value; undefined when the body is empty or `null`, which no route takes
 * @throws UnsupportedMediaType (415), RequestBodyTooLarge (413) in bytes or in values, BadRequest (400) when it is cut off, not gzip or not UTF-8,
 *   RequestValidationError (422 `json_invalid`)
 */
export async function readJson(c: Context<AppEnv>, { limit, takesGzip }: BodyRules): Promise<unknown> {
  const type = c.req.header("Content-Type");
  if (type !== undefined) checkType(type);
  const isGzip = isCompressed(c.req.header("Content-Encoding"), takesGzip);
  const sent = await readBytes(c.req.raw, limit).catch(refuseIncomplete);
  const bytes = isGzip ? await gunzip(sent, limit) : sent;
  if (bytes.length === 0) return undefined;
  if (type === undefined) throw new UnsupportedMediaType("Send Content-Type: application/json with the body.");
  return parse(decode(bytes)) ?? undefined;
}

/** The bytes of an unread body that are consumed: the size of the largest body that a route accepts. */
const MAX_UNREAD = 8 * 1024 * 1024;

/**
 * Reads and discards the rest of a refused request's body. Otherwise the runtime would close the connection after responding,
 * and the client could lose the response or its next request.
 */
export async function passOver({ body, bodyUsed }: Request): Promise<void> {
  if (body === null || bodyUsed) return;
  let size = 0;
  try {
    for await (const chunk of body) if ((size += chunk.length) > MAX_UNREAD) break;
  } catch {
    // A client that stops sending does not read the response either.
  }
}

function checkType(type: string): void {
  if (JSON_TYPE.test(type.split(";")[0]!.trim())) return;
  throw new UnsupportedMediaType("The body should be JSON: send Content-Type: application/json.");
}

/** Returns whether a Content-Encoding is gzip; any other encoding is refused. */
function isCompressed(encoding: string | undefined, takesGzip: boolean): boolean {
  const name = encoding?.trim().toLowerCase();
  if (name === undefined || name === "identity") return false;
  if (takesGzip && (name === "gzip" || name === "x-gzip")) return true;
  throw new UnsupportedMediaType(
    takesGzip
      ? "The only Content-Encoding is gzip: send the body with it, or without any."
      : "Send the body without Content-Encoding: only events can be compressed.",
  );
}

/** Reports a body that did not arrive completely as the caller's error: the client disconnected or stopped sending. */
function refuseIncomplete(error: unknown): never {
  if (error instanceof RequestBodyTooLarge) throw error;
  throw new BadRequest("The body did not arrive completely. Send the request again.");
}

async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const declared = request.headers.get("Content-Length");
  if (declared === null) return readChunks(request.body ?? [], limit);
  if (Number(declared) > limit) throw tooLarge(limit);
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > limit) throw tooLarge(limit);
  return bytes;
}

/** Compressed bytes that are decompressed at a time; they expand at most a thousandfold. */
const SLICE = 16 * 1024;

/** Decompresses a body up to the limit. */
async function gunzip(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const { readable, writable } = new DecompressionStream("gzip");
  const written = writeSlowly(writable.getWriter(), bytes);
  // A failure of the writer also reaches the reader, unless that has stopped.
  written.catch(() => {});
  return readChunks(readable, limit).catch((error: unknown) => {
    if (error instanceof RequestBodyTooLarge) throw error;
    throw new BadRequest(
      "Content-Encoding says gzip, but the body is not one complete gzip member. Send exactly one, with nothing after it.",
    );
  });
}

/** The stream accepts any amount before anything is read, so each slice waits until the reader has had its turn. */
async function writeSlowly(writer: WritableStreamDefaultWriter<Uint8Array>, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += SLICE) {
    await writer.write(bytes.subarray(at, at + SLICE));
    await nextTurn();
  }
  await writer.close();
}

/** Reads a stream of unknown size up to the limit. */
async function readChunks(source: AsyncIterable<Uint8Array> | [], limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
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

import { sha256 } from "../sha256.ts";
import type { DeletableEvent } from "./part.ts";
import { DAY } from "../time/zone.ts";

// An object of the archive has compressed lines of JSON, one per event, of one organization and day. A day with many events, or
// with events that arrived later, has several objects.

/** The day of a time, UTC, as keys have it: 2026-01-31. */
const dayOf = (time: number) => new Date(Math.floor(time / DAY) * DAY).toISOString().slice(0, -14);

/**
 * Writes events to the archive and reads them back. The key contains the first and last seq and a part of the checksum, so
 * that repeated writes of the same events have the same key, and nothing else is overwritten.
 * @throws what the bucket throws, or an Error when it returns something else than was written
 */
export async function archivePart(bucket: R2Bucket, organizationId: string, part: DeletableEvent[]): Promise<void> {
  const text = part.map(({ line }) => `${line}\n`).join("");
  const checksum = await sha256(text);
  const day = dayOf(part.reduce((least, { timestamp }) => Math.min(least, timestamp), Infinity));
  const [first, last] = [part[0]!.seq, part.at(-1)!.seq];
  const key = `${organizationId}/${day}/${first}-${last}-${checksum.slice(0, 8)}.ndjson.gz`;
  const body = await new Response(new Response(text).body!.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  const { size } = await bucket.put(key, body, {
    sha256: await crypto.subtle.digest("SHA-256", body),
    customMetadata: { events: String(part.length), sha256: checksum },
  });
  const lines = await readLines(bucket, key, checksum);
  if (size !== body.byteLength || lines.length !== part.length) throw damaged(key);
}

/**
 * Reads an object of the archive: one JSON text per event.
 * @param checksum the SHA-256 of the lines; by default the one in the object's metadata
 * @throws an Error when the object is missing or damaged
 */
export async function readLines(bucket: R2Bucket, key: string, checksum?: string): Promise<string[]> {
  const object = await bucket.get(key);
  if (object === null) throw damaged(key);
  const text = await new Response(object.body.pipeThrough(new DecompressionStream("gzip"))).text();
  if ((await sha256(text)) !== (checksum ?? object.customMetadata?.["sha256"])) throw damaged(key);
  return text.split("\n").slice(0, -1);
}

const damaged = (key: string) => new Error(`the archive's object ${key} is missing or damaged`);

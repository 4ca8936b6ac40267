import { ExportUnavailable } from "../store/failures.ts";
import type { Range } from "./ranges.ts";

/** Returns where a range of an organization's events is in the bucket. */
export function keyOf(organizationId: string, { first_seq, last_seq, day }: Range): string {
  const date = new Date(day).toISOString().slice(0, 10);
  return `events/${organizationId}/dt=${date}/${first_seq}-${last_seq}.ndjson.gz`;
}

/** The version of an object that was seen; null when there was none. */
export type Etag = string | null;

/**
 * Finds which version of an object is there.
 * @throws ExportUnavailable
 */
export async function findEtag(bucket: R2Bucket, key: string): Promise<Etag> {
  return orUnavailable(key, async () => (await bucket.head(key))?.etag ?? null);
}

/**
 * Writes lines into an object, unless somebody else has written it since it was seen. R2 compares the checksum.
 * @returns whether it was written
 * @throws ExportUnavailable
 */
export async function putLines(bucket: R2Bucket, key: string, lines: string[], seen: Etag): Promise<boolean> {
  const text = lines.map((line) => `${line}\n`).join("");
  const compressed = new Response(text).body!.pipeThrough(new CompressionStream("gzip"));
  const body = await new Response(compressed).arrayBuffer();
  return orUnavailable(key, async () => {
    const onlyIf = seen === null ? { etagDoesNotMatch: "*" } : { etagMatches: seen };
    const put = await bucket.put(key, body, { onlyIf, sha256: await crypto.subtle.digest("SHA-256", body) });
    return put !== null;
  });
}

/**
 * Reads the text of an object: a line of JSON for each event.
 * @returns null when there is no such object
 * @throws ExportUnavailable, also when the object is damaged
 */
export async function getText(bucket: R2Bucket, key: string): Promise<{ text: string; etag: string } | null> {
  return orUnavailable(key, async () => {
    const object = await bucket.get(key);
    if (object === null) return null;
    const text = await new Response(object.body.pipeThrough(new DecompressionStream("gzip"))).text();
    return { text, etag: object.etag };
  });
}

/** Splits the text of an object into its lines. */
export const linesOf = (text: string) => text.split("\n").slice(0, -1);

async function orUnavailable<T>(key: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw new ExportUnavailable(key, error);
  }
}

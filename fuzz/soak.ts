import type { Server } from "./server.ts";
import { type Request, request } from "./types.ts";

/** Requests that are sent before memory is measured first, and between the two measurements. */
const BEFORE = 500;
const BETWEEN = 2500;
/** MiB by which these may make memory grow: about 25 KiB a request. */
const MAX_GROWTH = 128;
const CLIENTS = 4;

/**
 * Sends many small requests, each with names that are not used again, and compares memory before and after:
 * anything that the Worker keeps of each would never be freed.
 * @returns what was seen, and whether memory grew too much; null where it can't be read
 */
export async function soak(server: Server): Promise<{ line: string; grew: boolean } | null> {
  await sendAll(server, 0, BEFORE);
  const before = await server.memory.settled();
  if (before === null) return null;
  await sendAll(server, BEFORE, BEFORE + BETWEEN);
  const growth = (await server.memory.settled())! - before;
  return { line: `${growth} MiB of growth by ${BETWEEN} requests of new names`, grew: growth > MAX_GROWTH };
}

async function sendAll(server: Server, from: number, to: number): Promise<void> {
  let at = from;
  const client = async () => {
    while (at < to) await server.send(uniqueRequest(at++));
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** A request that is refused, so that only what reads it can have kept something. */
function uniqueRequest(at: number): Request {
  if (at % 5 === 0) return request("GET", `/v1/nothing-${at}`, { as: { header: `Bearer ${at}` } });
  const zone = [..."america/argentina/buenos_aires"]
    .map((char, bit) => ((at >> bit) & 1 ? char.toUpperCase() : char))
    .join("");
  const query = new URLSearchParams({
    timezone: zone,
    interval: "none",
    [`metadata[${at}]`]: "x",
    external_customer_id: String(at),
  });
  return request("GET", `/v1/meters/@meters:0@/quantities?${query.toString()}`);
}

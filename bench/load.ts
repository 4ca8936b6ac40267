import { Agent, request } from "node:http";

/** A request of the bench. */
export type Call = { method: string; path: string; body?: string };

/** A Worker that can be called. */
export type Target = { url: URL; token: string };

/** What one turn of requests took: seconds for all of them, milliseconds for each. */
export type Turn = { count: number; seconds: number; times: number[] };

/** How many clients send requests at the same time; until a time has passed, or a number of requests was sent. */
export type Load = { clients: number; milliseconds: number } | { clients: number; requests: number };

/**
 * Sends one request, with node:http: fetch takes more of the processor than the Worker does. Without an agent it has a
 * connection of its own.
 * @returns the text of the answer
 * @throws when the answer is not a success
 */
export function send({ url, token }: Target, { method, path, body }: Call, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> = { Authorization: `Bearer ${token}` };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      headers["Content-Length"] = Buffer.byteLength(body);
    }
    const sent = request(
      { agent: agent ?? false, host: url.hostname, port: url.port, method, path, headers },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => {
          const text = Buffer.concat(parts).toString();
          if (answer.statusCode! < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`));
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Sends requests from several clients, each of which waits for its answer before it sends the next. */
export async function runLoad(target: Target, nextCall: () => Call, load: Load): Promise<Turn> {
  const times: number[] = [];
  // Connections of this turn only: the runtime closes those that are idle for five seconds.
  const agent = new Agent({ keepAlive: true });
  let left = "requests" in load ? load.requests : Infinity;
  const begin = performance.now();
  const end = "milliseconds" in load ? begin + load.milliseconds : Infinity;
  const client = async () => {
    while (left-- > 0) {
      const call = nextCall();
      const start = performance.now();
      await send(target, call, agent);
      const now = performance.now();
      times.push(now - start);
      if (now >= end) return;
    }
  };
  await Promise.all(Array.from({ length: load.clients }, client));
  const seconds = (performance.now() - begin) / 1000;
  agent.destroy();
  return { count: times.length, seconds, times };
}

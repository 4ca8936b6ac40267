import { type Agent, request as open } from "node:http";
import type { Answer, Request } from "./exchange.ts";

/** Milliseconds after which a request without an answer has failed. */
const TIMEOUT = 60_000;
/** Bytes of a chunk of a body that is sent in chunks. */
const CHUNK = 16_384;

/** Sends a request to a local port without changing its path or headers, unlike fetch. */
export async function send(agent: Agent, port: number, sent: Request): Promise<Answer> {
  const start = performance.now();
  const answer = await exchange(agent, port, sent).catch((error: unknown) => ({
    status: 0,
    headers: new Headers(),
    text: String(error),
  }));
  return { ...answer, milliseconds: performance.now() - start };
}

function exchange(agent: Agent, port: number, { method, path, headers, body, chunked = false }: Request) {
  const length = body === undefined || chunked ? {} : { "Content-Length": String(body.length) };
  return new Promise<Omit<Answer, "milliseconds">>((resolve, reject) => {
    const options = { hostname: "127.0.0.1", port, method, path, agent, headers: { ...headers, ...length } };
    const outgoing = open(options, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("error", reject);
      incoming.on("close", () => clearTimeout(timer));
      incoming.on("end", () =>
        resolve({
          status: incoming.statusCode!,
          headers: new Headers(Object.entries(incoming.headersDistinct).flatMap(pairsOf)),
          text: Buffer.concat(parts).toString(),
        }),
      );
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`none within ${TIMEOUT / 1000} s`)), TIMEOUT);
    outgoing.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    if (!chunked || body === undefined) {
      outgoing.end(body);
      return;
    }
    outgoing.setHeader("Transfer-Encoding", "chunked");
    for (let at = 0; at < body.length; at += CHUNK) outgoing.write(body.subarray(at, at + CHUNK));
    outgoing.end();
  });
}

function pairsOf([name, values = []]: [string, string[] | undefined]): [string, string][] {
  return values.map((value) => [name, value]);
}

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, createEdgemeter, type Options } from "../../client/src/index.ts";

/** A request that arrived. */
type Arrived = { method: string; url: string; headers: Record<string, unknown>; body: any };
/** What the server does with a request: answers, or loses the connection. */
export type Step = (response: ServerResponse) => void;

/** Answers with JSON. */
export function answer(status: number, body?: unknown, headers: Record<string, string> = {}): Step {
  return (response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
}

/** Answers as the API does while it is not available. */
export const unavailable = answer(503, { error: "ServiceUnavailable", detail: "Later." }, { "Retry-After": "7" });
/** Ends the connection before the answer. */
export const lost: Step = (response) => void response.destroy();
/** Ends the connection within the body of the answer. */
export const torn: Step = (response) => {
  response.writeHead(200, { "Content-Length": "1000" }).write("{", () => response.destroy());
};

/** A server that does the steps one after the other, and a client that waits by a clock of the test's own. */
export async function startScripted() {
  const arrived: Arrived[] = [];
  const steps: Step[] = [];
  const pauses: number[] = [];
  const server = createServer((request, response) => {
    let sent = "";
    request.on("data", (chunk: Buffer) => (sent += chunk.toString()));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      arrived.push({ method, url, headers, body: sent === "" ? undefined : JSON.parse(sent) });
      const step = steps.shift();
      if (step === undefined) throw new Error(`no step is left for ${method} ${url}`);
      step(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Outside of /v1/, where answers would be held to the API's document.
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scripted`;
  let now = Date.parse("2026-01-01T00:00:00Z");
  const clock: Clock = {
    now: () => now,
    random: () => 1,
    sleep: async (milliseconds) => {
      pauses.push(milliseconds);
      now += milliseconds;
    },
  };
  return {
    arrived,
    pauses,
    clock,
    baseUrl,
    /** Makes a client, and says what the server does with its requests. */
    client: (script: Step[], options: Partial<Options> = {}) => {
      for (const list of [arrived, steps, pauses]) list.length = 0;
      steps.push(...script);
      return createEdgemeter({ baseUrl, token: "secret", clock, ...options });
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

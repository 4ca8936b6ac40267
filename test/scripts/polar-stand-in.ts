import { createServer, type Server, type ServerResponse } from "node:http";

/** What a stand-in does with a request instead of answering it; it returns whether it did. */
export type Fault = (url: URL, response: ServerResponse) => boolean;

/**
 * A server that passes requests on to an Edgemeter, which speaks Polar's wire, and spoils some: `fault` may answer a request
 * itself, `rewrite` changes the text of an answer. Its pages are smaller than what is asked for.
 */
export class PolarStandIn {
  fault: Fault = () => false;
  rewrite: (url: URL, text: string) => string = (_, text) => text;
  /** The paths with query strings of all requests that came. */
  readonly requests: string[] = [];
  readonly #server: Server;

  constructor(origin: string, pageSize: number) {
    this.#server = createServer((incoming, response) => {
      const url = new URL(incoming.url!, origin);
      this.requests.push(url.pathname + url.search);
      if (this.fault(url, response)) return;
      if (Number(url.searchParams.get("limit")) > pageSize) url.searchParams.set("limit", String(pageSize));
      void this.#pass(url, incoming.headers.authorization ?? "", response);
    });
  }

  async #pass(url: URL, authorization: string, response: ServerResponse): Promise<void> {
    const answer = await fetch(url, { headers: { Authorization: authorization } });
    const text = this.rewrite(url, await answer.text());
    response.writeHead(answer.status, { "Content-Type": "application/json" }).end(text);
  }

  /** Begins to listen, and returns the base URL. */
  start(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => {
        const address = this.#server.address();
        resolve(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
      });
    });
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** The shares of first attempts that are answered with an error, and late. */
const [FAILING, LATE] = [0.05, 0.01];
/** Milliseconds of a late answer. */
const DELAY = 1500;

/** An event at an endpoint: its body, whether it was taken, and whether an attempt had another body. */
type Arrival = { body: string; isTaken: boolean; hasChanged: boolean };

/** Receives webhooks on this machine. It fails, or answers late, sometimes; every second attempt is taken. */
export class Receiver {
  /** The URL of an organization's endpoint, without the organization's name. */
  readonly url: string;
  /** Whether it never fails from now on. */
  isReliable = false;
  attempts = 0;
  /** By the endpoint's path, and the event's id. */
  readonly #arrivals = new Map<string, Map<string, Arrival>>();

  private constructor(url: string) {
    this.url = url;
  }

  /** Starts one that ends with this process. */
  static async start(): Promise<Receiver> {
    const server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => void receiver.#take(request.url!, String(request.headers["webhook-id"]), body, response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const receiver = new Receiver(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return receiver;
  }

  /** The events that an endpoint took, each id once, and how many ids had several bodies. */
  takenBy(organization: string): { events: any[]; changed: number } {
    const arrivals = [...(this.#arrivals.get(`/${organization}`)?.values() ?? [])];
    const taken = arrivals.filter(({ isTaken }) => isTaken);
    return {
      events: taken.map(({ body }) => JSON.parse(body)),
      changed: arrivals.filter(({ hasChanged }) => hasChanged).length,
    };
  }

  async #take(path: string, id: string, body: string, response: ServerResponse): Promise<void> {
    this.attempts++;
    const ofPath = this.#arrivals.get(path) ?? new Map<string, Arrival>();
    this.#arrivals.set(path, ofPath);
    const chance = ofPath.has(id) || this.isReliable ? 1 : Math.random();
    const arrival = ofPath.get(id) ?? { body, isTaken: false, hasChanged: false };
    ofPath.set(id, arrival);
    arrival.hasChanged ||= arrival.body !== body;
    if (chance < FAILING) return void response.writeHead(500).end();
    if (chance < FAILING + LATE) await wait(DELAY);
    arrival.isTaken = true;
    response.writeHead(204).end();
  }
}

import { OPERATIONS } from "../test/support/document.ts";
import { type Answer, jsonOf, type Request, request } from "./exchange.ts";
import { COMMENT } from "./principals.ts";
import { NOBODY } from "./requests.ts";
import type { Server } from "./server.ts";

/** How much of each kind is stored before a run. */
const SMALL_EVENTS = 2000;
const CUSTOMERS = 20;
const TOKENS = 20;
const LARGE = { events: 80, meters: 60, characters: 870_000 };
const FILTER = { conjunction: "and", clauses: [] };

/** The stored data of a run: mostly small items and some large ones in D1, mostly large ones in the object. */
export class State {
  readonly #server: Server;
  /** Ids by the name of their collection. */
  readonly #ids: Record<string, string[]> = {};

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Stores it.
   * @throws an error when something is refused that every version has to take
   */
  static async store(server: Server): Promise<State> {
    const state = new State(server);
    await state.#require(request("POST", "/v1/events/ingest", { json: { events: smallEvents() } }));
    for (const each of examples()) await state.#require(each);
    for (const func of ["sum", "max", "avg", "unique"]) {
      const json = { name: `all ${func}`, filter: FILTER, aggregation: { func, property: "k" } };
      await state.#require(request("POST", "/v1/meters/", { json }));
    }
    for (let at = 0; at < CUSTOMERS; at++) {
      const json = { email: `customer-${at}@example.com`, external_id: `customer ${at}`, name: `Customer ${at}` };
      await state.#require(request("POST", "/v1/customers/", { json }));
    }
    for (let at = 0; at < TOKENS; at++) {
      const json = { comment: `token ${at}`, scopes: ["meters:read"] };
      await state.#require(request("POST", "/v1/organization-access-tokens/", { json }));
    }
    // A later version may refuse so large an item, which is then missing.
    await server.send(largeEvents("d1", 0, 5));
    for (let at = 0; at < LARGE.events; at += 8) await server.send(largeEvents("object", at, 8));
    for (let at = 0; at < LARGE.meters; at++) await server.send(largeMeter(at));
    await state.#readIds();
    return state;
  }

  /** Sends a request with the ids of stored things in the places of their placeholders. */
  send(sent: Request): Promise<Answer> {
    const path = this.#withIds(sent.path);
    // Large bodies name nothing that is stored, and are sent as they are, byte for byte.
    const text = sent.body !== undefined && sent.body.length < 10_000 ? Buffer.from(sent.body).toString("latin1") : "";
    const body = text.includes("@") ? Buffer.from(this.#withIds(text), "latin1") : sent.body;
    return this.#server.send({ ...sent, path, body });
  }

  #withIds(text: string): string {
    return text.replaceAll(/@([a-z-]+):(\d+)@/g, (_, kind: string, at: string) => {
      const ids = this.#ids[kind] ?? [];
      return ids[Number(at) % ids.length] ?? NOBODY;
    });
  }

  async #require(each: Request): Promise<Answer> {
    const answer = await this.#server.send(each);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Error(`${each.method} ${each.path} is answered ${answer.status}: ${answer.text.slice(0, 1000)}`);
  }

  /** Collects the ids of what each list shows; not of the tokens with which requests come. */
  async #readIds(): Promise<void> {
    for (const { method, path } of OPERATIONS) {
      if (method !== "GET" || !path.endsWith("/") || isOfSessions(path)) continue;
      const { items } = jsonOf(await this.#require(request("GET", `${path}?limit=100`)));
      const own = items.filter(({ id, comment }: any) => id !== undefined && comment !== COMMENT);
      this.#ids[path.split("/")[2]!] = own.map(({ id }: any) => id);
      if (path === "/v1/customers/") {
        this.#ids["external-ids"] = own.map(({ external_id }: any) => encodeURIComponent(external_id));
      }
    }
  }
}

/** Whether a path needs a customer's session, or makes one, of which nothing is stored. */
const isOfSessions = (path: string) => /^\/v1\/customer-(sessions|portal)\//.test(path);

/** The requests with which the document shows how something is created. */
function examples(): Request[] {
  const creations = OPERATIONS.filter(
    ({ method, path }) => method === "POST" && path.endsWith("/") && !isOfSessions(path),
  );
  return creations.map(({ method, path, operation }) =>
    request(method, path, { json: operation.requestBody!.content["application/json"].example as object }),
  );
}

function smallEvents(): object[] {
  const start = Date.parse("2026-01-01T00:00:00Z");
  return Array.from({ length: SMALL_EVENTS }, (_, at) => ({
    name: ["ai_usage", "a", "b"][at % 3],
    timestamp: new Date(start + at * 600_000).toISOString(),
    external_customer_id: `customer ${at % 50}`,
    external_id: `small ${at}`,
    metadata: { k: at % 17, total_tokens: at, model: "large", _cost: { amount: "0.01", currency: "usd" } },
  }));
}

function largeEvents(as: "d1" | "object", from: number, count: number): Request {
  const events = Array.from({ length: count }, (_, at) => ({
    name: "large",
    timestamp: "2026-01-02T00:00:00Z",
    external_customer_id: "large",
    external_id: `large ${from + at}`,
    metadata: {
      k: at,
      _llm: {
        vendor: "v",
        model: "m",
        input_tokens: 1,
        output_tokens: 1,
        total_tokens: 2,
        prompt: "x".repeat(LARGE.characters),
      },
    },
  }));
  return request("POST", "/v1/events/ingest", { as, json: { events } });
}

function largeMeter(at: number): Request {
  const label = "l".repeat(LARGE.characters);
  const meter = {
    name: `large ${at}`,
    unit: "custom",
    custom_label: label,
    filter: FILTER,
    aggregation: { func: "count" },
  };
  return request("POST", "/v1/meters/", { as: "object", json: meter });
}

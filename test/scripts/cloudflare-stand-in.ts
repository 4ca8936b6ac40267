import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { DatabaseSync } from "node:sqlite";

const ACCOUNT = "00000000000000000000000000000001";
const BASE = `/client/v4/accounts/${ACCOUNT}`;

/**
 * The part of Cloudflare's API that wrangler uses to deploy: D1 with real databases, and uploads, of which it keeps the
 * metadata. `log` has what was done, in its order.
 */
export class CloudflareStandIn {
  readonly log: string[] = [];
  readonly databases = new Map<string, DatabaseSync>();
  readonly uploads: any[] = [];
  /** What KV has, in all namespaces. */
  readonly values = new Map<string, string>();
  /** The body that created each database. */
  readonly created: any[] = [];
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  /** Begins to listen, and returns the environment with which wrangler uses it. */
  start(): Promise<Record<string, string>> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => {
        const address = this.#server.address();
        const port = typeof address === "object" ? address?.port : "";
        resolve({
          CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
          CLOUDFLARE_API_TOKEN: "local",
          CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
        });
      });
    });
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    for (const database of this.databases.values()) database.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status = 200, result = null, info = {} } = await this.#answer(request);
    const success = status < 400;
    const errors = success ? [] : [{ code: status === 404 ? 10007 : 10000, message: "not found" }];
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ success, errors, messages: [], result, result_info: info }));
  }

  async #answer(request: IncomingMessage): Promise<{ status?: number; result?: unknown; info?: object }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { pathname } = new URL(request.url!, "http://localhost");
    const path = pathname.replace(BASE, "");
    if (path.startsWith("/d1/database")) return this.#d1(request.method!, path.split("/").slice(3), body);
    if (path.startsWith("/storage/kv/namespaces")) return this.#kv(request.method!, path.split("/"), request, body);
    return this.#worker(request.method!, path, request, body);
  }

  #d1(method: string, [id, action]: string[], body: Buffer) {
    const list = [...this.databases.keys()].map((name) => ({ name, uuid: name, version: "production" }));
    if (id === undefined && method === "POST") {
      const options = JSON.parse(body.toString());
      this.log.push(`create ${options.name}`);
      this.created.push(options);
      this.databases.set(options.name, new DatabaseSync(":memory:"));
      return { result: { name: options.name, uuid: options.name } };
    }
    if (id === undefined) return { result: list, info: { total_count: list.length } };
    const database = this.databases.get(id);
    if (database === undefined) return { status: 404 };
    if (action !== "query") return { result: list.find(({ name }) => name === id) };
    const { sql } = JSON.parse(body.toString());
    if (this.log.at(-1) !== `query ${id}`) this.log.push(`query ${id}`);
    try {
      return { result: [{ success: true, meta: {}, results: run(database, sql) }] };
    } catch {
      return { status: 400 };
    }
  }

  async #worker(method: string, path: string, request: IncomingMessage, body: Buffer) {
    const [, , , name, action] = path.split("/");
    const upload = this.uploads.findLast(({ worker }) => worker === name);
    if (path === "/workers/subdomain") return { result: { subdomain: "local" } };
    if (action === "assets-upload-session") return { result: { jwt: "e30.e30.e30", buckets: [] } };
    const subdomain = { enabled: true, previews_enabled: false };
    if (action === "subdomain") return { result: subdomain };
    if (path === `/workers/workers/${name}` && upload !== undefined) return { result: { subdomain } };
    if (action === "settings" && upload !== undefined) return { result: { bindings: upload.bindings } };
    if (method === "PUT" && path === `/workers/scripts/${name}`) {
      const headers = { "Content-Type": request.headers["content-type"]! };
      const form = await new Response(new Uint8Array(body), { headers }).formData();
      this.uploads.push({ worker: name, ...JSON.parse(form.get("metadata") as string) });
      return this.#log(`upload ${name}`, { id: "1", deployment_id: "1", startup_time_ms: 1 });
    }
    if (method !== "GET") return { result: {} };
    // Nothing was deployed yet.
    return name === undefined ? { result: [] } : { status: 404 };
  }

  async #kv(method: string, [, , , , id, action, key = ""]: string[], request: IncomingMessage, body: Buffer) {
    if (id === undefined && method === "POST") {
      const { title } = JSON.parse(body.toString());
      return this.#log(`namespace ${title}`, { id: title });
    }
    if (action !== "values") return { result: [] };
    const name = decodeURIComponent(key);
    if (method === "DELETE") this.values.delete(name);
    else this.values.set(name, await valueOf(request, body));
    return this.#log(`${method} ${name.split(":")[0]} in ${id}`, {});
  }

  #log(line: string, result: unknown) {
    this.log.push(line);
    return { result };
  }
}

/** The value of a key, which wrangler sends beside metadata or alone. */
async function valueOf(request: IncomingMessage, body: Buffer): Promise<string> {
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/")) return body.toString();
  const form = await new Response(new Uint8Array(body), { headers: { "Content-Type": type } }).formData();
  const value = form.get("value")!;
  return typeof value === "string" ? value : value.text();
}

/** Runs a text of one or more statements, and returns the rows of a query. */
function run(database: DatabaseSync, sql: string): unknown[] {
  if (/^\s*SELECT/i.test(sql)) return database.prepare(sql).all();
  database.exec(sql);
  return [];
}

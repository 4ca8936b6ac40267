import { putToken, SCOPES, type Scope } from "../src/tokens/records.ts";
import { tokenOf } from "../src/tokens/token.ts";
import { withTokens } from "../scripts/wrangler-kv.ts";
import { type Local, startLocal } from "../test/sdk/local.ts";
import { Memory } from "./memory.ts";
import { send } from "./send.ts";
import type { Answer, Credential, Request } from "./types.ts";

const SECOND_ORGANIZATION = "de300000-0000-4000-8000-000000000002";
/** A version 4 UUID that nothing has. */
export const NOBODY = "99999999-9999-4999-8999-999999999999";

const EXTRA_TOKENS = ["second", "reader", "revoked", "expired", "unknown"] as const;
type ExtraToken = (typeof EXTRA_TOKENS)[number];

const tokenNamed = (name: ExtraToken) => tokenOf(`LocalFuzz${name}`.padEnd(37, "0"));

/** A local server with tokens of two organizations, and the ids of what is stored in the first. */
export class Server {
  readonly ids: Record<string, string[]> = {};
  readonly local: Local;
  readonly memory: Memory;
  #ended = false;

  private constructor(local: Local) {
    this.local = local;
    this.memory = new Memory(local.child.pid!);
    void local.ended.then(() => (this.#ended = true));
  }

  static async start(): Promise<Server> {
    const local = await startLocal();
    await withTokens({ remote: false, persistTo: local.folder }, async (kv) => {
      for (const name of EXTRA_TOKENS) {
        if (name !== "unknown") await putToken(kv, tokenNamed(name), recordOf(name, local.organization));
      }
    });
    return new Server(local);
  }

  /** Sends a request with its token and with the ids of stored things put in. */
  send(request: Request): Promise<Answer> {
    const path = this.#withIds(request.path);
    // Large bodies name nothing that is stored, and are sent as they are, byte for byte.
    const text = request.body !== undefined && request.body.length < 10_000 ? request.body.toString("latin1") : "";
    const body = text.includes("@") ? Buffer.from(this.#withIds(text), "latin1") : request.body;
    const authorization = this.#authorization(request.as);
    const headers = { ...(authorization !== undefined && { Authorization: authorization }), ...request.headers };
    return send(this.local.url, { ...request, path, headers, body });
  }

  #withIds(text: string): string {
    return text.replaceAll(/@([a-z-]+):(\d+)@/g, (_, kind: string, at: string) => {
      const ids = this.ids[kind] ?? [];
      return ids[Number(at) % ids.length] ?? NOBODY;
    });
  }

  /** Returns whether the server's process has ended, after a short wait. */
  async hasEnded(): Promise<boolean> {
    await Promise.race([this.local.ended, new Promise((resolve) => setTimeout(resolve, 3000))]);
    return this.#ended;
  }

  #authorization(as: Credential): string | undefined {
    if (typeof as === "object") return as.header;
    if (as === "none") return undefined;
    return `Bearer ${as === "first" ? this.local.token : tokenNamed(as)}`;
  }
}

function recordOf(name: ExtraToken, organization: string) {
  const scopes: Scope[] = name === "reader" ? ["meters:read"] : [...SCOPES];
  return {
    id: crypto.randomUUID(),
    organization_id: name === "second" ? SECOND_ORGANIZATION : organization,
    scopes,
    expires_at: name === "expired" ? "2026-01-01T00:00:00.000Z" : null,
    revoked_at: name === "revoked" ? "2026-01-01T00:00:00.000Z" : null,
    comment: "local fuzz",
    created_at: "2026-01-01T00:00:00.000Z",
  };
}

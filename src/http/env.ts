import type { OpenStore } from "../store/store.ts";
import type { Principal, TokenRecord } from "../tokens/records.ts";

/** What is on Hono's context: the bindings that `wrangler types` generates, and what middleware adds. */
export type AppEnv = {
  Bindings: Env;
  Variables: {
    /** The id of this request, made here and sent as X-Request-Id: a UUID. */
    requestId: string;
    /** How an organization's store is opened; handlers use storeOf. */
    openStore: OpenStore;
    /** The owner of the request's token; set by requireScope, absent before it. */
    principal: Principal;
    /** The request's token and its record in KV; set with the principal. */
    presented: { token: string; record: TokenRecord };
    /** The wire name of the error that was answered, for the request's log line. */
    error?: string;
    /** Why a dependency or our own code failed, for the log alone: never sent to the caller. */
    cause?: string;
  };
};

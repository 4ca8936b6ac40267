import type { Failure } from "../store/failures.ts";
import type { OpenStore, Usage } from "../store/store.ts";
import type { Principal, TokenRecord } from "../tokens/records.ts";

/** What a deployment may have besides: each is off where it is absent (docs/operations.md). */
type OptionalBindings = {
  /** Where one data point per request is written. */
  ANALYTICS?: AnalyticsEngineDataset;
  /** Counts the requests of each token. */
  RATE_LIMITER?: RateLimit;
  /** What RATE_LIMITER allows, for the header of a 429: `<requests>/<seconds>`. */
  RATE_LIMIT?: string;
};

/** What is on Hono's context: the bindings that `wrangler types` generates, and what middleware adds. */
export type AppEnv = {
  Bindings: Env & OptionalBindings;
  Variables: {
    /** The id of this request, made here and sent as X-Request-Id: a UUID. */
    requestId: string;
    /** How an organization's store is opened; handlers use storeOf. */
    openStore: OpenStore;
    /** The owner of the request's token; set by requireScope, absent before it. */
    principal: Principal;
    /** The request's token and its record in KV; set with the principal. */
    presented: { token: string; record: TokenRecord };
    /** What the request's stores took so far. */
    usage: Usage;
    /** How long the request waited for KV. */
    kvMilliseconds: number;
    /** The wire name of the error that was answered, for the request's log line. */
    error?: string;
    /** What kind of failure it was, for the log alone. */
    failure?: Failure | "KVUnavailable";
    /** Why a dependency or our own code failed, for the log alone: never sent to the caller. */
    cause?: string;
  };
};

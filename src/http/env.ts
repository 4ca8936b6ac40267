import type { AuthEnv } from "../auth/context.ts";
import type { OpenStore, Usage } from "../store/store.ts";

/** What is on Hono's context: the bindings that `wrangler types` generates, and what middleware adds. */
export type AppEnv = {
  Bindings: AuthEnv["Bindings"] & {
    /** Where one data point per request is written; off where it is absent. */
    ANALYTICS?: AnalyticsEngineDataset;
  };
  Variables: AuthEnv["Variables"] & {
    /** The id of this request, made here and sent as X-Request-Id: a UUID. */
    requestId: string;
    /** How an organization's store is opened; handlers use storeOf. */
    openStore: OpenStore;
    /** Where a route's fields are; set by validate. */
    place: "body" | "query";
    /** The JSON body as it was sent; set by validate. */
    body: unknown;
    /** What the request's stores took so far. */
    usage: Usage;
    /** The wire name of the error that was answered, for the request's log line. */
    error?: string;
    /** Why a dependency or our own code failed, for the log alone: never sent to the caller. */
    cause?: string;
  };
};

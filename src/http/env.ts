import type { AuthEnv } from "../auth/context.ts";
import type { OpenStore, Usage } from "../store/store.ts";

/** The bindings and variables on Hono's context: those of `wrangler types`, and those that middleware sets. */
export type AppEnv = {
  Bindings: AuthEnv["Bindings"] & {
    /** Receives one data point per request; optional. */
    ANALYTICS?: AnalyticsEngineDataset;
    /** The origins whose pages may frame the customer's page; none where it is absent. */
    PORTAL_FRAME_ANCESTORS?: string;
    /** The token that the console offers to whoever opens it; only `npm run dev` sets it. */
    DEMO_TOKEN?: string;
  };
  Variables: AuthEnv["Variables"] & {
    /** The id of this request, made here and sent as X-Request-Id: a UUID. */
    requestId: string;
    /** How an organization's store is opened; handlers use storeOf. */
    openStore: OpenStore;
    /** Whether a route's fields are in the body or in the query string; set by validate. */
    place: "body" | "query";
    /** The JSON body as it was sent; set by validate. */
    body: unknown;
    /** The usage of the request's stores so far. */
    usage: Usage;
    /** The wire name of the error that was answered, for the request's log line. */
    error?: string;
    /** Why a dependency or our own code failed, for the log only. */
    cause?: string;
  };
};

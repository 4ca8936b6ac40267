import type { Context } from "hono";
import type { Failure } from "../store/failures.ts";
import type { Principal } from "./principal.ts";
import type { TokenRecord } from "./records.ts";

/** What authentication needs of Hono's context, and what it puts there. */
export type AuthEnv = {
  Bindings: Env & {
    /** Counts the requests of each organization; off where it is absent. */
    RATE_LIMITER?: RateLimit;
    /** What RATE_LIMITER allows, for the header of a 429: `<requests>/<seconds>`. */
    RATE_LIMIT?: string;
  };
  Variables: {
    /** Who calls; set by requireScope and requireOperator, absent before them. */
    principal: Principal;
    /** The request's token and its record in KV; set with a principal that carries one. */
    presented: { token: string; record: TokenRecord };
    /** How long the request waited for KV. */
    kvMilliseconds: number;
    /** The kind of failure, for the log only. */
    failure?: Failure | "KVUnavailable" | "OrganizationMoving";
  };
};

/** The part of Hono's context that authentication uses, whatever else a context has. */
export type AuthContext = Pick<Context, "req"> & {
  env: AuthEnv["Bindings"];
  set<Name extends keyof AuthEnv["Variables"]>(name: Name, value: AuthEnv["Variables"][Name]): void;
};

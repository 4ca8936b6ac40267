import type { Context } from "hono";
import type { Store } from "../store/store.ts";
import type { AppEnv } from "./env.ts";

/** Returns the store of the organization whose token the request carries: a handler's only way to any data. */
export function storeOf(c: Context<AppEnv>): Store {
  return c.var.openStore(c.env, c.var.principal);
}

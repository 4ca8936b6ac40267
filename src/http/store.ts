import type { Context } from "hono";
import { StoreTimeout } from "../store/failures.ts";
import type { Store } from "../store/store.ts";
import type { AppEnv } from "./env.ts";
import { withinTime } from "../time/time-limit.ts";

/** Milliseconds after which a request stops waiting for its store: clients and proxies give up after 30 s, often unheard. */
const STORE_TIME = 25_000;

/** What this isolate has opened for requests: a deployment can have objects that are not its default. */
export const opened = { objects: false };

/**
 * Returns the store of the organization whose token the request carries: a handler's only way to any data. Its calls
 * throw StoreTimeout (503) when they all together take too long.
 */
export function storeOf(c: Context<AppEnv>): Store {
  const { principal } = c.var;
  if (principal.kind === "operator") throw new Error("an operator opens stores by itself");
  const store = c.var.openStore(c.env, principal, c.var.usage);
  if (principal.store === "object") opened.objects = true;
  const until = Date.now() + STORE_TIME;
  const limited = <T>(work: () => Promise<T>) => withinTime(until - Date.now(), work, () => new StoreTimeout());
  return {
    ...store,
    read: (statements) => limited(() => store.read(statements)),
    write: (statements, options) => limited(() => store.write(statements, options)),
  };
}

import type { Context } from "hono";
import { StoreTimeout } from "../store/failures.ts";
import type { Store } from "../store/store.ts";
import type { AppEnv } from "./env.ts";
import { withinTime } from "../time/time-limit.ts";
import { nextTurn } from "../time/turn.ts";

/** Milliseconds after which a request stops waiting for its store; many clients and proxies give up after 30 s. */
const STORE_TIME = 25_000;
/** Milliseconds for which a request uses its store without a pause; then other requests can run before its next round trip. */
const TIME_AT_ONCE = 50;

/** Whether this isolate has opened an object: a deployment can use objects although they are not its default. */
export const opened = { objects: false };

/**
 * Returns the store of the organization of the request's token, a handler's only access to data. Its calls throw
 * StoreTimeout (503) when together they take too long.
 */
export function storeOf(c: Context<AppEnv>): Store {
  const { principal } = c.var;
  if (principal.kind === "operator") throw new Error("an operator opens stores by itself");
  const store = c.var.openStore(c.env, principal, c.var.usage);
  if (principal.store === "object") opened.objects = true;
  const until = Date.now() + STORE_TIME;
  let resumedAt = Date.now();
  const limited = async <T>(work: () => Promise<T>) => {
    if (Date.now() - resumedAt >= TIME_AT_ONCE) {
      await nextTurn();
      resumedAt = Date.now();
    }
    return withinTime(until - Date.now(), work, () => new StoreTimeout());
  };
  return {
    ...store,
    read: (statements) => limited(() => store.read(statements)),
    write: (statements, options) => limited(() => store.write(statements, options)),
  };
}

/**
 * Begins work that may end after a request's answer, and goes on when the token is deleted meanwhile.
 * @param work gets the request's store without limits of its token and its time; it may have nothing to do
 */
export function goOnAfterAnswer(
  c: Context<AppEnv>,
  store: Store,
  work: (store: Store) => Promise<void> | undefined,
): void {
  const home = { organizationId: store.organizationId, store: store.kind() };
  const begun = work(c.var.openStore(c.env, home, c.var.usage));
  if (begun !== undefined) c.executionCtx.waitUntil(begun);
}

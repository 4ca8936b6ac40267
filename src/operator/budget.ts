import type { Store } from "../store/store.ts";

/** What a request may still do. */
export type Budget = { mayGoOn: () => boolean };

/** Statements after which a request begins nothing more: D1 allows 1,000 per invocation, and one step has less than 200. */
const MAX_STATEMENTS = 750;

/**
 * Counts the statements of stores.
 * @param until when to begin nothing more, in milliseconds since 1970 UTC
 */
export function budgetUntil(until: number): Budget & { counted: (store: Store) => Store } {
  let statements = 0;
  return {
    mayGoOn: () => Date.now() < until && statements < MAX_STATEMENTS,
    counted: (store) => ({
      ...store,
      read(of) {
        statements += of.length;
        return store.read(of);
      },
      write(of, options) {
        statements += of.length;
        return store.write(of, options);
      },
    }),
  };
}

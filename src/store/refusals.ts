import { sql } from "drizzle-orm";
import { causeOf, type WriteRefusal, WriteRefused } from "./failures.ts";
import type { Rows, Statement, Store } from "./store.ts";

/** The errors of the guards below: in a first attempt, and in a repetition. */
const [REFUSED, REPETITION_REFUSED] = [/malformed JSON/, /(bad|malformed) JSON path|JSON path error/];
/** How often a write is tried if the refusal has ended meanwhile. */
const MAX_TRIES = 3;

/**
 * Makes a store check, in the same transaction, whether the writer may write.
 * @param tokenId the request's token; absent for background jobs
 * @returns a store whose `write` throws WriteRefused, without writing anything, if not
 */
export function guardWrites(store: Store, tokenId = ""): Store {
  const refusals = sql`FROM write_refusals
    WHERE organization_id = ${store.organizationId} AND token_id IN ('', ${tokenId})`;
  // If there is a row, both make the transaction fail, because no reason is valid JSON or a JSON path.
  const guard = sql`SELECT json(reason) ${refusals}`;
  const guardOfRepetition = sql`SELECT '{}' -> ('$' || reason) ${refusals}`;
  const write: Store["write"] = async (statements, options) => {
    const repeat = options && { repeat: [guardOfRepetition, ...options.repeat] };
    const results = await store.write([guard, ...statements], repeat);
    return results.slice(1);
  };
  return {
    ...store,
    async write(statements, options) {
      let next = statements;
      for (let tries = 1; ; tries++) {
        try {
          return await write(next, options);
        } catch (error) {
          const attempt = refusedAttempt(error);
          if (attempt === null || tries === MAX_TRIES) throw error;
          const [[refusal]] = await store.read([sql<{ reason: WriteRefusal }>`SELECT reason ${refusals}`]);
          if (refusal !== undefined) throw new WriteRefused(refusal.reason, attempt);
          // The refusal has just ended, or this is another failure, which will recur.
          if (attempt === "repetition") next = options!.repeat;
        }
      }
    },
  };
}

/** Returns which attempt was refused, if a thrown value comes from a guard; null otherwise. */
function refusedAttempt(error: unknown): "first" | "repetition" | null {
  if (REFUSED.test(causeOf(error))) return "first";
  return REPETITION_REFUSED.test(causeOf(error)) ? "repetition" : null;
}

/**
 * Redirects the calls of a store that an organization has left to its new store. KV records that name the old store can be
 * a minute old or more.
 * @param openNew opens the organization's new store
 */
export function followMove(store: Store, openNew: () => Store): Store {
  const moved = sql`SELECT 1 FROM write_refusals
    WHERE organization_id = ${store.organizationId} AND token_id = '' AND reason = 'moved'`;
  let kind = store.kind();
  const openThere = () => {
    const there = openNew();
    kind = there.kind();
    return there;
  };
  return {
    ...store,
    kind: () => kind,
    async read<const S extends readonly Statement[]>(statements: S) {
      const results: readonly unknown[][] = await store.read([...statements, moved]);
      return results.at(-1)!.length > 0 ? openThere().read(statements) : (results.slice(0, -1) as Rows<S>);
    },
    async write(statements, options) {
      try {
        return await store.write(statements, options);
      } catch (error) {
        if (!(error instanceof WriteRefused && error.reason === "moved")) throw error;
        return openThere().write(error.attempt === "repetition" ? options!.repeat : statements, options);
      }
    },
  };
}

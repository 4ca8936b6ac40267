import { sql } from "drizzle-orm";
import { Conflict } from "../errors.ts";
import type { WriteRefusal } from "../store/failures.ts";
import type { Statement, Store } from "../store/store.ts";

/** Why a store refuses an organization's writes, since when (milliseconds since 1970 UTC), and the progress of a move. */
export type Refusal = { reason: WriteRefusal; created_at: number; progress: string | null };

/** Reads why a store refuses an organization's writes; null when it does not. */
export async function refusalOf(store: Store): Promise<Refusal | null> {
  const [[row]] = await store.read([
    sql<Refusal>`SELECT reason, created_at, progress FROM write_refusals WHERE ${own(store)}`,
  ]);
  return row ?? null;
}

const own = ({ organizationId }: Store) => sql`organization_id = ${organizationId} AND token_id = ''`;

/** Refuses writes for a reason, unless they are refused already. */
export function refuse({ organizationId }: Store, reason: WriteRefusal, since: number): Statement {
  return sql`INSERT INTO write_refusals (organization_id, token_id, reason, created_at)
    VALUES (${organizationId}, '', ${reason}, ${since}) ON CONFLICT DO NOTHING`;
}

/** Replaces one reason by another. */
export function changeRefusal(store: Store, before: WriteRefusal, after: WriteRefusal): Statement {
  return sql`UPDATE write_refusals SET reason = ${after} WHERE ${own(store)} AND reason = ${before}`;
}

/** Accepts writes again if they are refused for this reason. */
export function endRefusal(store: Store, reason: WriteRefusal): Statement {
  return sql`DELETE FROM write_refusals WHERE ${own(store)} AND reason = ${reason}`;
}

/**
 * Refuses writes in both stores. Concurrent commands continue the same move.
 * @returns the refusal in the old store, which says `moved` when another command has just switched
 */
export async function beginMove(from: Store, to: Store): Promise<Refusal> {
  await from.write([refuse(from, "moving", Date.now())]);
  const moving = await refusalOf(from);
  if (moving?.reason === "moved") return moving;
  if (moving?.reason !== "moving") throw new Conflict("The move was cancelled.");
  const since = moving.created_at;
  await to.write([
    refuse(to, "arriving", since),
    sql`UPDATE write_refusals SET created_at = ${since} WHERE ${own(to)} AND reason = 'arriving'`,
  ]);
  return moving;
}

/** Saves the progress of the move that began at a time, unless it has changed since it was read. */
export function keepProgress(from: Store, since: number, before: string | null, after: string | null): Statement {
  return sql`UPDATE write_refusals SET progress = ${after}
    WHERE ${own(from)} AND reason IN ('moving', 'moved') AND created_at = ${since} AND progress IS ${before}`;
}

/** Redirects all requests to the new store, if this is the move that began then, and everything is copied and compared. */
export function switchIfCompared(from: Store, since: number): Statement {
  return sql`UPDATE write_refusals SET reason = 'moved', progress = NULL
    WHERE ${own(from)} AND reason = 'moving' AND created_at = ${since} AND progress ->> '$.phase' = 'switch'`;
}

/** Makes the transaction fail unless the store expects the rows of this move. */
export function requireArriving(to: Store, begun: number): Statement {
  const expected = sql`SELECT '1' FROM write_refusals WHERE ${own(to)} AND reason = 'arriving' AND created_at = ${begun}`;
  return sql`SELECT json(coalesce((${expected}), 'cancelled'))`;
}

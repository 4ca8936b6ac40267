import { and, isNull, lt, or } from "drizzle-orm";
import { log } from "../log.ts";
import { BoundedMap } from "../bounded-map.ts";
import { causeOf } from "../store/failures.ts";
import { db } from "../store/db.ts";
import type { Store } from "../store/store.ts";
import { organization_access_tokens as tokens } from "../store/tables.ts";
import type { TokenNamespace, TokenRecord } from "../auth/records.ts";
import { hashToken } from "../auth/token.ts";
import { adopt, toRow } from "./adopt.ts";
import type { Places } from "./kv.ts";
import { isToken } from "./queries.ts";
import { DAY } from "../time/zone.ts";

/** The day on which this isolate last recorded the use of a token, by organization and id. */
const noted = new BoundedMap<number>(1000);

/**
 * Records that a token was used today, and adds one that exists only in KV to the store. An isolate calls the store once a day
 * per token, and the store writes once a day.
 * @returns the work to finish after the response; undefined if it was done today
 */
export function noteUse(
  store: Store,
  kv: TokenNamespace,
  { token, record }: { token: string; record: TokenRecord },
): Promise<void> | undefined {
  const now = Date.now();
  const day = now - (now % DAY);
  const key = `${store.organizationId}:${record.id}`;
  if (noted.get(key) === day) return undefined;
  noted.set(key, day);
  return write({ store, kv }, token, record, day).catch((error: unknown) => {
    log("warn", { error: "UseNotNoted", token_id: record.id, cause: causeOf(error) });
  });
}

async function write(places: Places, token: string, record: TokenRecord, day: number): Promise<void> {
  const { organization_id, id } = record;
  await adopt(places, toRow(await hashToken(token), record));
  await places.store.write([
    db
      .update(tokens)
      .set({ last_used_at: day })
      .where(and(isToken(organization_id, id), or(isNull(tokens.last_used_at), lt(tokens.last_used_at, day)))),
  ]);
}

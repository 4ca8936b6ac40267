import { type SQL, sql } from "drizzle-orm";
import type { Store } from "../../store/store.ts";
import { longestTime, type ScanCost, scanCostOf, STATEMENT_BUDGET } from "../definition/scan-cost.ts";
import { catchUpNow } from "../rollups/catch-up.ts";
import type { BalanceMeter } from "./balances.ts";

/** The last seq that a meter's rollups contain; NULL if its tail is too long, or its definition is no longer the compiled one. */
export const WATERMARK = sql`(SELECT watermark FROM tail_of_meter WHERE NOT is_long)`;

/** Selects a row if the tail is too long. */
export const REFUSAL = sql`SELECT NULL, NULL, 1, 0, 0 FROM tail_of_meter WHERE is_long`;

/**
 * The table `tail_of_meter`: a meter's watermark, and whether its tail would take longer than a statement may. Only where the
 * number of its events leaves that open, their bytes are added up.
 * @param cost what an event takes; without it there is no limit
 */
export function tailTable(
  organizationId: string,
  { rollupsOf, definitionVersion }: { rollupsOf: string; definitionVersion: number },
  cost: ScanCost | undefined,
): SQL {
  const last = sql`coalesce((SELECT last_seq FROM organizations WHERE id = ${organizationId}), 0)`;
  return sql`tail_of_meter (watermark, is_long) AS MATERIALIZED (
      SELECT watermark, ${cost === undefined ? sql`false` : isLong(organizationId, cost)}
      FROM (
        SELECT watermark, ${last} - watermark AS events FROM meters
        WHERE id = ${rollupsOf} AND definition_version = ${definitionVersion}
      )
    )`;
}

function isLong(organizationId: string, cost: ScanCost): SQL {
  const { perEvent, perByte } = cost;
  const [few, many] = [longestTime(cost), perEvent].map((each) => STATEMENT_BUDGET / each);
  return sql`CASE WHEN events <= ${few} THEN false WHEN events > ${many} THEN true ELSE (
        SELECT count(*) * ${perEvent} + total(octet_length(e.metadata)) * ${perByte / 1000} > ${STATEMENT_BUDGET}
        FROM events AS e WHERE e.organization_id = ${organizationId} AND e.seq > watermark
      ) END`;
}

/**
 * Catches a meter up if a statement that examines its tail would take longer than it may.
 * @throws ServiceUnavailable when it is too far behind; a repeated request goes on from there
 */
export async function catchUpIfLong(store: Store, { id, definition_version, definition }: BalanceMeter): Promise<void> {
  const meter = { rollupsOf: id, definitionVersion: definition_version };
  const table = tailTable(store.organizationId, meter, scanCostOf(definition));
  const [[tail]] = await store.read([sql<{ is_long: number }>`WITH ${table} SELECT is_long FROM tail_of_meter`]);
  if (tail?.is_long === 1) await catchUpNow(store, id);
}

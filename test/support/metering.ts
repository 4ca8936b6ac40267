import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { vi } from "vitest";
import worker from "../../src/index.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import type { Store } from "../../src/store/store.ts";
import { call, grant, METER } from "./api.ts";
import { objectOf, STORE, storeOf } from "./stores.ts";

/** One day of quantities: the day of the events that `event` makes. */
export const DAY = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-01T00:00:00Z&interval=day";
/** An event of customer c1. */
export const event = (metadata: object = {}, name = "gen") => ({
  name,
  external_customer_id: "c1",
  timestamp: "2026-01-01T12:00:00Z",
  metadata,
});
/** The usage of a language model, with a prompt of some size. */
export const usage = (characters: number) => ({
  vendor: "v",
  model: "m",
  input_tokens: 1,
  output_tokens: 1,
  total_tokens: 2,
  prompt: "x".repeat(characters),
});
/** A filter whose clauses must all hold. */
export const clauses = (...of: object[]) => ({ conjunction: "and", clauses: of });
/** The filter of events named gen. */
export const NAMED = clauses({ property: "name", operator: "eq", value: "gen" });

/** Ends each pause at once in which a request waits to catch up what alerts watch. */
export const withoutPauses = () => vi.spyOn(scheduler, "wait").mockResolvedValue();

/** Runs the scheduled work of the tests' organization: what runs on the cron trigger, or the object's alarm. */
export async function runScheduled(): Promise<void> {
  if (STORE === "object") await runDurableObjectAlarm(objectOf());
  else await worker.scheduled({} as ScheduledController, env);
}

/**
 * Catches up the tests' organization until nothing is behind: a run ends early when another one, which an ingestion or an
 * alarm begins, has moved a watermark.
 * @returns the transactions and statements of all its runs, and the errors of the last by the meter's id
 */
export async function catchUpAll() {
  const [store, budget] = [storeOf(), new Budget({ statements: 500 })];
  let { transactions, failed } = await catchUp(store, budget);
  while (failed.size === 0 && budget.mayGoOn() && (await isBehind(store))) {
    const next = await catchUp(store, budget);
    [transactions, failed] = [transactions + next.transactions, next.failed];
  }
  return { transactions, failed, statements: budget.spent };
}

async function isBehind(store: Store): Promise<boolean> {
  const [[organization]] = await store.read([
    sql<{ is_behind: number }>`
      SELECT activity_watermark < last_seq OR EXISTS (
        SELECT 1 FROM meters AS m WHERE m.organization_id = o.id AND m.watermark < o.last_seq
      ) AS is_behind FROM organizations AS o WHERE id = ${store.organizationId}`,
  ]);
  return organization?.is_behind === 1;
}

/** A token, and what the tests of metering do with it. */
export async function setUp() {
  const token = await grant();
  const ingest = (...events: object[]) => call("POST", "/v1/events/ingest", { token, body: { events } });
  const create = async (body: object = {}) =>
    (await call("POST", "/v1/meters/", { token, body: { ...METER, ...body } })).json;
  const patch = (id: string, body: object) => call("PATCH", `/v1/meters/${id}`, { token, body });
  const total = async (id: string) => (await call("GET", `/v1/meters/${id}/quantities?${DAY}`, { token })).json.total;
  return { token, ingest, create, patch, total };
}

import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import worker from "../../src/index.ts";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
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

/** A token, and what the tests of metering do with it. */
export async function setUp() {
  const token = await grant();
  const ingest = (...events: object[]) => call("POST", "/v1/events/ingest", { token, body: { events } });
  const create = async (body: object = {}) =>
    (await call("POST", "/v1/meters/", { token, body: { ...METER, ...body } })).json;
  const patch = (id: string, body: object) => call("PATCH", `/v1/meters/${id}`, { token, body });
  const total = async (id: string) => (await call("GET", `/v1/meters/${id}/quantities?${DAY}`, { token })).json.total;
  const catchUpAll = async () => {
    const budget = new Budget({ statements: 250 });
    return { ...(await catchUp(storeOf(), budget)), statements: budget.spent };
  };
  return { token, ingest, create, patch, total, catchUpAll };
}

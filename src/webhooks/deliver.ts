import { log, logOnceAMinute } from "../log.ts";
import type { Budget } from "../jobs/budget.ts";
import { causeOf, WriteRefused } from "../store/failures.ts";
import type { Store } from "../store/store.ts";
import { type Answer, attempt, type Sending } from "./attempt.ts";
import { type Claimed, claimEndpoint, type Due } from "./claim.ts";
import { type Attempted, GONE, noteAttempts } from "./note.ts";
import { makePayload } from "./payload.ts";

/** The attempts that are open at once: an invocation has six connections. */
const MAX_OPEN = 4;
/** Milliseconds after which no other attempt begins with the same lease. */
const BATCH_TIME = 8000;

/** How webhooks are sent; a test passes its own `fetch`, and `random` with numbers from 0 to 1. */
export type Delivering = Omit<Sending, "now"> & { random?: () => number };

/** The sending of what is due in some stores. */
type Run = { stores: Store[]; budget: Budget; sending: Sending; random: () => number; payloads: Map<string, Promise<string | null>> }; // prettier-ignore

/**
 * Sends what is due to the endpoints of some organizations, in turns: those whose last attempt succeeded first, so that one
 * that does not answer delays neither another one nor another organization. It can run at the same time elsewhere.
 */
export async function deliver(stores: readonly Store[], budget: Budget, delivering: Delivering): Promise<void> {
  const { random = Math.random, ...sending } = delivering;
  const counted = stores.map((store) => budget.counted(store));
  const run = { budget, sending: { ...sending, now: budget.now }, random, payloads: new Map() };
  if (stores.length > 1) await inTurns({ ...run, stores: [...counted] }, true);
  await inTurns({ ...run, stores: counted }, false);
}

/** Sends until nothing is due, with several attempts at once. */
async function inTurns(run: Run, isHealthy: boolean): Promise<void> {
  const work = async () => {
    for (let store = run.stores.shift(); store !== undefined && run.budget.mayGoOn(); store = run.stores.shift()) {
      try {
        const claimed = await claimEndpoint(store, isHealthy, run.budget.now());
        if (claimed === null) continue;
        // Its other endpoints are for the other attempts.
        run.stores.push(store);
        await sendBatch(run, store, claimed);
        if (!run.stores.includes(store)) run.stores.push(store);
      } catch (error) {
        // It is being moved; its new store sends what is due.
        if (error instanceof WriteRefused) continue;
        // One failing store does not end the work for others.
        const { organizationId: organization_id } = store;
        logOnceAMinute("webhooks", "error", { error: "DeliveryFailed", organization_id, cause: causeOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: MAX_OPEN }, work));
}

async function sendBatch(run: Run, store: Store, claimed: Claimed): Promise<void> {
  const { now } = run.budget;
  const until = now() + BATCH_TIME;
  const attempts: Attempted[] = [];
  for (const due of claimed.due) {
    if (attempts.length > 0 && (now() >= until || !run.budget.mayGoOn())) break;
    const at = now();
    const answer = await send(run, store, claimed.endpoint, due);
    attempts.push({ due, at, answer });
    // The endpoint is disabled when this is noted.
    if (answer?.http_code === GONE) break;
  }
  await noteAttempts(store, claimed, attempts, now(), run.random);
}

/** Attempts a delivery; null when the event has no payload any more. */
async function send(run: Run, store: Store, endpoint: Claimed["endpoint"], due: Due): Promise<Answer | null> {
  if (due.archived_at !== null) return null;
  const start = run.budget.now();
  let answer: Answer;
  try {
    const payload = due.payload ?? (await payloadOf(run, store, due));
    if (payload === null) return null;
    answer = await attempt(endpoint, { id: due.id, payload }, run.sending);
  } catch (error) {
    // It is tried again later, and does not hold up what comes after it.
    answer = { http_code: null, response: `The payload could not be made: ${causeOf(error)}`, retryAfter: 0 };
  }
  log("info", {
    webhook_event_id: due.id,
    webhook_endpoint_id: endpoint.id,
    organization_id: store.organizationId,
    attempt: due.attempts + 1,
    status: answer.http_code ?? undefined,
    duration_ms: run.budget.now() - start,
  });
  return answer;
}

/** Makes an event's payload, once for all endpoints. */
function payloadOf({ payloads, budget }: Run, store: Store, due: Due): Promise<string | null> {
  const payload = payloads.get(due.id) ?? makePayload(store, due, budget.now());
  payloads.set(due.id, payload);
  return payload;
}

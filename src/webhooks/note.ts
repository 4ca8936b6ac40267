import { type SQL, sql } from "drizzle-orm";
import { log } from "../log.ts";
import { TEST } from "../outbox/types.ts";
import type { Store } from "../store/store.ts";
import {
  webhook_attempts as a,
  webhook_deliveries as d,
  webhook_endpoints as w,
  webhook_events as e,
} from "../store/tables.ts";
import type { Answer } from "./attempt.ts";
import type { Claimed, Due } from "./claim.ts";

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];

/** Milliseconds from each failed attempt to the next one; after the last of these no other follows. */
const RETRIES = [30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR]; // prettier-ignore
/** By how much these times vary, so that endpoints are not asked by all at once. */
const JITTER = 0.1;
/** Deliveries in a row that fail for good, after which the endpoint is disabled. */
const MAX_FAILURES = 10;
/** The status with which an endpoint says that it is not there any more. */
export const GONE = 410;

/** An attempt and its answer; null when the event has no payload any more, so that nothing was sent. */
export type Attempted = { due: Due; at: number; answer: Answer | null };

/** What becomes of a delivery. */
type Outcome = { isSuccess: boolean; nextAt: number | null };

const isSuccess = ({ http_code }: Answer) => http_code !== null && http_code >= 200 && http_code < 300;

/** @param random a number from 0 to 1 */
function outcomeOf({ due, at, answer }: Attempted, random: number): Outcome {
  if (answer !== null && isSuccess(answer)) return { isSuccess: true, nextAt: null };
  const wait = RETRIES[due.attempts];
  const isOver = answer === null || answer.http_code === GONE || due.type === TEST || wait === undefined;
  if (isOver) return { isSuccess: false, nextAt: null };
  const jittered = wait * (1 + JITTER * (2 * random - 1));
  return { isSuccess: false, nextAt: Math.round(at + Math.max(jittered, answer.retryAfter)) };
}

/** An attempt as it is noted. */
type Noted = Attempted & Outcome;

/** What attempts make of their endpoint: how many deliveries in a row have failed for good, and whether it goes on. */
type Standing = { failures: number; isHealthy: boolean | null; disabledBy: string | null };

function standingAfter(failuresBefore: number, attempts: Noted[]): Standing {
  const sent = attempts.filter(({ due, answer }) => due.type !== TEST && answer !== null);
  const count = (sum: number, { isSuccess: isGood, nextAt }: Noted) => (isGood ? 0 : sum + Number(nextAt === null));
  const failures = sent.reduce(count, failuresBefore);
  const isGone = attempts.some(({ answer }) => answer?.http_code === GONE);
  const disabledBy = isGone ? `status ${GONE}` : failures >= MAX_FAILURES ? `${failures} failed deliveries` : null;
  return { failures, isHealthy: sent.at(-1)?.isSuccess ?? null, disabledBy };
}

/**
 * Stores the outcomes of attempts and ends the lease of their endpoint, in one transaction. Nothing is stored if the lease has
 * passed to another invocation.
 * @param random makes numbers from 0 to 1
 */
export async function noteAttempts(
  store: Store,
  { lease, endpoint }: Claimed,
  attempts: Attempted[],
  now: number,
  random: () => number,
): Promise<void> {
  const { organizationId: organization_id } = store;
  const noted = attempts.map((attempted) => ({ ...attempted, ...outcomeOf(attempted, random()) }));
  const { failures, isHealthy, disabledBy } = standingAfter(endpoint.failures, noted);
  const isLeased = sql`${w.organization_id} = ${organization_id} AND ${w.lease} = ${lease}`;
  const ifLeased = sql`EXISTS (SELECT 1 FROM ${w} WHERE ${isLeased})`;
  const results = await store.write([
    ...noteStatements(organization_id, endpoint.id, noted, ifLeased, now),
    sql`UPDATE ${w} SET lease = NULL, leased_until = ${now}, failures = ${failures},
        is_healthy = ${isHealthy === null ? sql`is_healthy` : Number(isHealthy)},
        enabled = enabled AND ${Number(disabledBy === null)}
      WHERE ${isLeased}`,
  ]);
  if (disabledBy === null || results.at(-1)!.changes === 0) return;
  log("error", { error: "WebhookEndpointDisabled", organization_id, webhook_endpoint_id: endpoint.id, cause: disabledBy }); // prettier-ignore
}

function noteStatements(organizationId: string, endpointId: string, noted: Noted[], ifLeased: SQL, now: number): SQL[] {
  const rows = noted.map(({ due, at, answer, isSuccess: succeeded, nextAt }) => ({
    seq: due.seq,
    event_id: due.id,
    attempts: due.attempts,
    next: nextAt,
    succeeded: Number(succeeded),
    skipped: Number(answer === null),
    id: crypto.randomUUID(),
    at,
    http_code: answer?.http_code ?? null,
    response: answer?.response ?? null,
  }));
  const table = sql`json_each(${JSON.stringify(rows)}) AS j`;
  const of = (name: keyof (typeof rows)[number]) => sql`j.value ->> ${sql.raw(`'${name}'`)}`;
  return [
    sql`INSERT INTO ${a} (organization_id, event_id, id, endpoint_id, created_at, succeeded, http_code, response)
      SELECT ${organizationId}, ${of("event_id")}, ${of("id")}, ${endpointId}, ${of("at")}, ${of("succeeded")},
        ${of("http_code")}, ${of("response")}
      FROM ${table} WHERE NOT ${of("skipped")} AND ${ifLeased}`,
    // An event that was redelivered meanwhile has another number of attempts, and stays due.
    sql`UPDATE ${d} SET attempts = ${d.attempts} + 1, next_attempt_at = ${of("next")},
        succeeded = iif(${of("next")} IS NULL, ${of("succeeded")}, NULL),
        skipped = ${of("skipped")}, last_http_code = ${of("http_code")}
      FROM ${table} WHERE ${d.seq} = ${of("seq")} AND ${d.attempts} = ${of("attempts")} AND ${ifLeased}`,
    sql`UPDATE ${e} SET modified_at = ${now} WHERE ${e.organization_id} = ${organizationId} AND ${ifLeased}
      AND ${e.id} IN (SELECT ${of("event_id")} FROM ${table} WHERE NOT ${of("skipped")})`,
  ];
}

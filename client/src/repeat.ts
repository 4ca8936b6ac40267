/** The clock and the random numbers, which tests replace. */
export type Clock = {
  now: () => number;
  /** Waits; an aborted signal ends it by throwing its reason. */
  sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  random: () => number;
};

/** How long a request may take, in milliseconds. */
export type Limits = { timeLimit: number; attemptTimeLimit: number };

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** Statuses of requests that were not processed. */
const NOT_BEGUN = new Set([429]);
/** Statuses after which it is unknown whether the request was processed: of the API without its storage, or of a proxy. */
const UNCERTAIN = new Set([502, 503, 504]);

/** The clock of the system. */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stop = () => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, milliseconds);
      signal?.addEventListener("abort", stop, { once: true });
    }),
};

/** What is sent, and what is known about sending it again. */
export type Attempts = {
  /** Sends it once; the body of the answer arrives before the signal can end it. */
  send: (signal: AbortSignal) => Promise<Response>;
  /** Whether the request does the same when it arrives twice. */
  isRepeatable: boolean;
  isDeletion: boolean;
  signal: AbortSignal | undefined;
};

/**
 * Sends a request until there is an answer that will not change, or no time is left: after 429 any request, after an
 * uncertain outcome only a repeatable one. Pauses grow, and are not shorter than `Retry-After` asks.
 * @throws the reason of the caller's signal
 */
export async function sendRepeatedly(attempts: Attempts, limits: Limits, clock: Clock): Promise<Outcome> {
  const end = clock.now() + limits.timeLimit;
  let mayBeDone = false;
  for (let attempt = 1; ; attempt++) {
    const outcome = await sendOnce(attempts, Math.min(limits.attemptTimeLimit, end - clock.now()));
    // An earlier attempt has deleted it, or it did not exist.
    if (isAnswer(outcome) && outcome.status === 404 && mayBeDone && attempts.isDeletion) {
      return new Response(null, { status: 204, headers: outcome.headers });
    }
    const isUncertain = !isAnswer(outcome) || UNCERTAIN.has(outcome.status);
    const mayRepeat = isUncertain ? attempts.isRepeatable : NOT_BEGUN.has(outcome.status);
    const pause = pauseAfter(outcome, attempt, clock);
    if (!mayRepeat || clock.now() + pause >= end) return outcome;
    mayBeDone ||= isUncertain;
    await clock.sleep(pause, attempts.signal);
  }
}

/** An answer, or the error without one. */
type Outcome = Response | { lost: unknown };

const isAnswer = (outcome: Outcome): outcome is Response => outcome instanceof Response;

async function sendOnce({ send, signal }: Attempts, timeLimit: number): Promise<Outcome> {
  signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(Math.max(1, timeLimit));
  try {
    return await send(signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
  } catch (error) {
    signal?.throwIfAborted();
    return { lost: error };
  }
}

function pauseAfter(outcome: Outcome, attempt: number, clock: Clock): number {
  const pause = Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) * (0.5 + clock.random() / 2);
  const header = isAnswer(outcome) ? outcome.headers.get("Retry-After") : null;
  if (header === null) return pause;
  const asked = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - clock.now();
  // A random pause is added, so that clients with the same Retry-After do not return at the same time.
  return asked > 0 ? asked + pause : pause;
}

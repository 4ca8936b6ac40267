import { DrizzleQueryError } from "drizzle-orm";

/** What a failure of D1 means for the request. D1's errors carry nothing but a text, so only this module reads it. */
type Failure = "retry" | "unavailable" | "unknown";

/** The connection broke: the statement may or may not have been carried out. */
const UNKNOWN_OUTCOME =
  /Network connection lost|storage caused object to be reset|reset because its code was updated|Cannot resolve D1 DB due to transient issue/;
/** D1 refused or gave up; a later attempt can succeed. */
const UNAVAILABLE = /overloaded|exceeded timeout|object to be reset|transient issue|Too many requests queued/i;

const ATTEMPTS = 3;
const FIRST_PAUSE = 50;

/** Tells whether a thrown value is D1's, and whether the request can be tried again. */
export function isUnavailable(error: unknown): boolean {
  return classify(error) !== "unknown";
}

/** D1's own text for a thrown value: without the statement and its parameters, so that it can be logged. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  // Drizzle's message quotes the statement and its parameters; D1's text is the cause.
  if (error instanceof DrizzleQueryError) return causeOf(error.cause);
  return `${error.name}: ${error.message}`;
}

/**
 * Carries out a write again when its outcome is unknown: at most three times in all, with growing, jittered pauses.
 * Only for a write that is idempotent by its key.
 */
export async function retryLost<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (attempt === ATTEMPTS || classify(error) !== "retry") throw error;
      const pause = FIRST_PAUSE * 2 ** attempt * Math.random();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function classify(error: unknown): Failure {
  const text = causeOf(error);
  if (UNKNOWN_OUTCOME.test(text)) return "retry";
  return UNAVAILABLE.test(text) ? "unavailable" : "unknown";
}

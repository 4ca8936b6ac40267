/** The meaning of a database failure for the request. D1's errors have only a text, so only this file reads it. */
type Failure = "lost" | "unavailable" | "unknown";

/** The connection broke: the transaction may or may not have been carried out. */
const LOST =
  /Network connection lost|storage caused object to be reset|reset because its code was updated|Cannot resolve D1 DB due to transient issue/;
/** D1 refused or gave up; a later attempt can succeed. Locally, two servers on the same data can lock each other out. */
const UNAVAILABLE =
  /overloaded|exceeded timeout|object to be reset|transient issue|Too many requests queued|database is locked/i;

const MAX_WRITE_ATTEMPTS = 3;
/** Milliseconds: the longest random pause before the second attempt, doubled before the third. */
const FIRST_PAUSE = 100;

/** Returns whether a thrown value is a failure of the database after which the request can be tried again. */
export function isUnavailable(error: unknown): boolean {
  return classify(error) !== "unknown";
}

/** The text of a failure, for the log: D1's own text has neither the statement nor its parameters. */
export function causeOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}

/** Runs a write again when its outcome is unknown: three attempts in all, with random pauses that grow. */
export async function repeatWhenLost<T>(write: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write(attempt);
    } catch (error) {
      if (attempt === MAX_WRITE_ATTEMPTS || classify(error) !== "lost") throw error;
      const longest = FIRST_PAUSE * 2 ** (attempt - 1);
      await new Promise((resolve) => setTimeout(resolve, longest * Math.random()));
    }
  }
}

function classify(error: unknown): Failure {
  const text = causeOf(error);
  if (LOST.test(text)) return "lost";
  return UNAVAILABLE.test(text) ? "unavailable" : "unknown";
}

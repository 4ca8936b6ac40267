/**
 * The meaning of a database failure for the request. D1's errors have only a text, and those of objects a text and two
 * properties, so only this file reads them.
 */
type Failure = "lost" | "unavailable" | "full" | "unknown";

/** The connection broke, or the object ended: the transaction may or may not have been carried out. */
const LOST =
  /Network connection lost|storage caused object to be reset|code (was|has been) updated|abort\(\) to reset|Cannot resolve (D1 DB|Durable Object) due to transient issue/;
/** The database refused or gave up; a later attempt can succeed. Locally, two servers on the same data can lock each other out. */
const UNAVAILABLE =
  /overloaded|exceeded timeout|object to be reset|transient issue|Too many requests queued|exceeded its (memory|CPU time) limit|database is locked/i;
/** The database has its maximum size; the transaction was undone. */
const FULL = /SQLITE_FULL|database or disk is full|Exceeded maximum DB size/i;

/** What a statement fails with that was written to fail (refusals.ts). */
const REFUSED = /malformed JSON/;

/** Why a writer may not write: its token was revoked, or its organization is being moved to another store, or was. */
export type WriteRefusal = "revoked" | "moving" | "arriving" | "moved";

/** A write that was undone because the writer may not write. */
export class WriteRefused extends Error {
  readonly reason: WriteRefusal;
  constructor(reason: WriteRefusal) {
    super(`writes are refused: ${reason}`);
    this.reason = reason;
  }
}

const MAX_WRITE_ATTEMPTS = 3;
/** Milliseconds: the longest random pause before the second attempt, doubled before the third. */
const FIRST_PAUSE = 100;

/** Returns whether a thrown value is a failure of the database after which the request can be tried again. */
export function isUnavailable(error: unknown): boolean {
  return ["lost", "unavailable"].includes(classify(error));
}

/** Returns whether a thrown value may come from the statement that refuses writes. */
export function mayBeRefusal(error: unknown): boolean {
  return REFUSED.test(causeOf(error));
}

/** Returns whether a thrown value says that the database is full: trying again does not help. */
export function isFull(error: unknown): boolean {
  return classify(error) === "full";
}

/** The text of a failure, for the log: the database's own text has neither the statement nor its parameters. */
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
  if (error instanceof WriteRefused) return error.reason === "revoked" ? "unknown" : "unavailable";
  const text = causeOf(error);
  const { overloaded, retryable } = (error ?? {}) as { overloaded?: boolean; retryable?: boolean };
  if (FULL.test(text)) return "full";
  if (overloaded === true) return "unavailable";
  if (retryable === true || LOST.test(text)) return "lost";
  return UNAVAILABLE.test(text) ? "unavailable" : "unknown";
}

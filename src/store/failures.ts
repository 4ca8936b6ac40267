import { retry } from "../retry.ts";

/**
 * The kinds of database failures, by their names in the log. D1's errors have only a message, those of objects a message and
 * two properties; only this file interprets them.
 */
export type Failure =
  | "ConnectionLost"
  | "StoreUnavailable"
  | "StoreTimeout"
  | "StoreFull"
  | "SchemaOutdated"
  | "ExportUnavailable";

/** The database did not answer in time. It continues to work, so the outcome of a write is unknown. */
export class StoreTimeout extends Error {
  override readonly name = "StoreTimeout";
}

/** The bucket of the export failed, or does not have what was written into it; `key` is the object's. */
export class ExportUnavailable extends Error {
  override readonly name = "ExportUnavailable";
  constructor(key: string, cause: unknown) {
    super(`${key}: ${causeOf(cause)}`, { cause });
  }
}

/** The connection broke, the object ended, or the answer was unreadable: the outcome of the transaction is unknown. */
const LOST =
  /Network connection lost|Failed to parse body as JSON|internal error; reference|storage caused object to be reset|code (was|has been) updated|abort\(\) to reset|Cannot resolve (D1 DB|Durable Object) due to transient issue/;
/**
 * The database refused the statement; a later attempt can succeed. For example, it is read-only while D1 moves it and busy
 * during an export; locally, two servers on the same data can block each other.
 */
const UNAVAILABLE =
  /overloaded|exceeded timeout|object to be reset|transient issue|Too many requests queued|exceeded its (memory|CPU time) limit|database is locked|readonly database|long-running export/i;
/** The database has its maximum size; the transaction was undone. */
const FULL = /SQLITE_FULL|database or disk is full|Exceeded maximum DB size|maximum account storage limit/i;
/** A migration is missing: SQLite refused the statement before running it. */
const OUTDATED = /no such (table|column)|has no column named|a migration is missing/;

/** Why a writer may not write: its token was revoked, or its organization is being moved to another store, or was. */
export type WriteRefusal = "revoked" | "moving" | "arriving" | "moved" | "cancelling";

/** A write that was rolled back because the writer may not write. */
export class WriteRefused extends Error {
  readonly reason: WriteRefusal;
  /** Which attempt was refused: after a lost connection, an earlier attempt may have succeeded. */
  readonly attempt: "first" | "repetition";
  constructor(reason: WriteRefusal, attempt: "first" | "repetition") {
    super(`writes are refused: ${reason}`);
    this.reason = reason;
    this.attempt = attempt;
  }
}

/** Returns whether a thrown value is a failure of the database after which the request can be tried again. */
export function isUnavailable(error: unknown): boolean {
  const failure = failureOf(error);
  return failure !== undefined && failure !== "StoreFull";
}

/** Classifies a thrown value as a database failure; undefined if it is not a known one. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof StoreTimeout) return "StoreTimeout";
  if (error instanceof ExportUnavailable) return "ExportUnavailable";
  if (error instanceof WriteRefused) return refusalFailure(error);
  const text = causeOf(error);
  const { overloaded, retryable } = (error ?? {}) as { overloaded?: boolean; retryable?: boolean };
  if (FULL.test(text)) return "StoreFull";
  if (overloaded === true) return "StoreUnavailable";
  if (retryable === true || LOST.test(text)) return "ConnectionLost";
  if (UNAVAILABLE.test(text)) return "StoreUnavailable";
  return OUTDATED.test(text) ? "SchemaOutdated" : undefined;
}

function refusalFailure({ reason, attempt }: WriteRefused): Failure | undefined {
  if (attempt === "repetition") return "ConnectionLost";
  return reason === "revoked" ? undefined : "StoreUnavailable";
}

/** The unreadable answer that D1 quotes, which can contain rows. */
const QUOTED_ANSWER = /(?<=Failed to parse body as JSON).*/s;

/** The text of a failure for the log. The database's messages contain neither statements nor parameters. */
export function causeOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.replace(QUOTED_ANSWER, "")}` : typeof error;
}

/** Runs a write again when its outcome is unknown: three attempts in all. */
export async function repeatWhenLost<T>(write: (attempt: number) => Promise<T>): Promise<T> {
  let lost: unknown;
  const written = await retry({ attempts: 3, pause: 100 }, async (count) => {
    try {
      return { result: await write(count) };
    } catch (error) {
      if (failureOf(error) !== "ConnectionLost") throw error;
      lost = error;
      return null;
    }
  });
  if (written === null) throw lost;
  return written.result;
}

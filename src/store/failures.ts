import { retry } from "../retry.ts";

/**
 * The meaning of a database failure for the request, under the name that it has in the log. D1's errors have only a text,
 * and those of objects a text and two properties, so only this file reads them.
 */
export type Failure = "ConnectionLost" | "StoreUnavailable" | "StoreTimeout" | "StoreFull" | "SchemaOutdated";

/** The database did not answer in time. Its work goes on, so the outcome of a write is unknown. */
export class StoreTimeout extends Error {
  override readonly name = "StoreTimeout";
}

/** The connection broke, or the object ended: the transaction may or may not have been carried out. So after an answer that is none. */
const LOST =
  /Network connection lost|Failed to parse body as JSON|internal error; reference|storage caused object to be reset|code (was|has been) updated|abort\(\) to reset|Cannot resolve (D1 DB|Durable Object) due to transient issue/;
/**
 * The database refused or gave up; a later attempt can succeed. It is read-only while D1 moves it, and busy while it is exported.
 * Locally, two servers on the same data can lock each other out.
 */
const UNAVAILABLE =
  /overloaded|exceeded timeout|object to be reset|transient issue|Too many requests queued|exceeded its (memory|CPU time) limit|database is locked|readonly database|long-running export/i;
/** The database has its maximum size; the transaction was undone. */
const FULL = /SQLITE_FULL|database or disk is full|Exceeded maximum DB size|maximum account storage limit/i;
/** A migration was not applied: SQLite refused the statement before it ran. */
const OUTDATED = /no such (table|column)|has no column named|a migration is missing/;

/** Why a writer may not write: its token was revoked, or its organization is being moved to another store, or was. */
export type WriteRefusal = "revoked" | "moving" | "arriving" | "moved" | "cancelling";

/** A write that was undone because the writer may not write. */
export class WriteRefused extends Error {
  readonly reason: WriteRefusal;
  /** After a lost connection the first attempt may have been carried out, before writes were refused. */
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

/** What a thrown value says about the database; undefined when it is no failure that is known. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof StoreTimeout) return "StoreTimeout";
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

/** What D1 quotes of an answer that it could not read: it can be a part of the rows. */
const QUOTED_ANSWER = /(?<=Failed to parse body as JSON).*/s;

/** The text of a failure, for the log: the database's own text has neither the statement nor its parameters. */
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

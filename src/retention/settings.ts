import { DAY } from "../time/zone.ts";

/** What is deleted, and where it is kept. */
export type Retention = {
  /** Events before this time are deleted: a midnight UTC, in milliseconds since 1970 UTC. */
  before: number;
  /** Where events are written before they are deleted; null: nowhere. */
  archive: R2Bucket | null;
};

/** More days than this are the same as for ever. */
const MAX_DAYS = 100_000;

/** What an operator can set; neither is there by default, so the Worker's generated type has neither. */
type Settings = { EVENTS_RETENTION_DAYS?: string | number; ARCHIVE?: R2Bucket };

/** Returns whether events are deleted at all, or would be, if the number of days were a valid one. */
export function isRetentionSet(env: object): boolean {
  return (env as Settings).EVENTS_RETENTION_DAYS !== undefined;
}

/** The bucket of deleted events; null where there is none. */
export function archiveOf(env: object): R2Bucket | null {
  return (env as Settings).ARCHIVE ?? null;
}

/**
 * Reads the variable EVENTS_RETENTION_DAYS and the binding ARCHIVE.
 * @param now milliseconds since 1970 UTC
 * @returns null when all events are kept
 * @throws an Error for anything else than a positive integer: nothing may be deleted then
 */
export function retentionOf(env: object, now: number): Retention | null {
  const { EVENTS_RETENTION_DAYS: days } = env as Settings;
  if (days === undefined) return null;
  const isValid = /^[1-9]\d*$/.test(String(days)) && Number(days) <= MAX_DAYS;
  if (!isValid) throw new Error(`the variable EVENTS_RETENTION_DAYS should be an integer from 1 to ${MAX_DAYS}`);
  return { before: (Math.floor(now / DAY) - Number(days)) * DAY, archive: archiveOf(env) };
}

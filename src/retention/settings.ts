import { exportOf } from "../export/settings.ts";
import { DAY } from "../time/zone.ts";

/** Which events are deleted. */
export type Retention = {
  /** Events before this time are deleted: a midnight UTC, in milliseconds since 1970 UTC. */
  before: number;
  /** Whether only exported events are deleted. */
  isExported: boolean;
};

/** The maximum number of days. */
const MAX_DAYS = 100_000;

/** The operator's setting; it is optional, so the generated type Env does not contain it. */
type Settings = { EVENTS_RETENTION_DAYS?: string | number };

/** Returns whether a retention is set, valid or not. */
export function isRetentionSet(env: object): boolean {
  return (env as Settings).EVENTS_RETENTION_DAYS !== undefined;
}

/**
 * Reads the variable EVENTS_RETENTION_DAYS, and whether there is a bucket EXPORT.
 * @param now milliseconds since 1970 UTC
 * @returns null when all events are kept
 * @throws an Error for anything else than a positive integer: nothing may be deleted then
 */
export function retentionOf(env: object, now: number): Retention | null {
  const { EVENTS_RETENTION_DAYS: days } = env as Settings;
  if (days === undefined) return null;
  const isValid = /^[1-9]\d*$/.test(String(days)) && Number(days) <= MAX_DAYS;
  if (!isValid) throw new Error(`the variable EVENTS_RETENTION_DAYS should be an integer from 1 to ${MAX_DAYS}`);
  return { before: (Math.floor(now / DAY) - Number(days)) * DAY, isExported: exportOf(env) !== null };
}

type Level = "info" | "warn" | "error";
type Fields = Record<string, unknown>;

/** Writes one line of JSON to the Worker's log: ids, names and numbers, never secrets or callers' data. */
export function log(level: Level, fields: Fields): void {
  const line = JSON.stringify({ level, ...fields });
  if (level === "error") console.error(line);
  else if (level === "warn") console.warn(line);
  else console.log(line);
}

const MINUTE = 60_000;
/** When this isolate last wrote a line about a subject. */
const loggedAt = new Map<string, number>();

/**
 * Writes a line about something that can happen in every request, at most once a minute per isolate and subject.
 * @param subject what the line is about; there must be few, because all are kept in memory
 */
export function logOnceAMinute(subject: string, level: Level, fields: Fields): void {
  const now = Date.now();
  if (now - (loggedAt.get(subject) ?? -Infinity) < MINUTE) return;
  loggedAt.set(subject, now);
  log(level, fields);
}

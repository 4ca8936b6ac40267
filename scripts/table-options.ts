/** Tables with large rows and several indexes, which stay small with a rowid, and one whose seq is its rowid. */
const WITH_ROWID = new Set(["customers", "meters", "webhook_events", "webhook_deliveries"]);

/** Completes the tables of a migration with what drizzle-kit does not know: STRICT, and WITHOUT ROWID. */
export function withTableOptions(migration: string): string {
  return migration.replaceAll(
    /(CREATE TABLE `(?:__new_)?(\w+)` \([^;]*\n\))[^;]*;/g,
    (_, table: string, name: string) => (WITH_ROWID.has(name) ? `${table} STRICT;` : `${table} STRICT, WITHOUT ROWID;`),
  );
}

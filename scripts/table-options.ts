/** Tables whose large rows several indexes lead to: they keep a rowid, so that the indexes are small. */
const WITH_ROWID = new Set(["customers", "meters"]);

/** Completes the tables of a migration with what drizzle-kit does not know: STRICT, and WITHOUT ROWID. */
export function withTableOptions(migration: string): string {
  return migration.replaceAll(
    /(CREATE TABLE `(?:__new_)?(\w+)` \([^;]*\n\))[^;]*;/g,
    (_, table: string, name: string) => (WITH_ROWID.has(name) ? `${table} STRICT;` : `${table} STRICT, WITHOUT ROWID;`),
  );
}

import tables from "../../migrations/0000_tables.sql";

/** A file of migrations/: its name, and its text. */
export type Migration = { name: string; text: string };

/** The files of migrations/, in order: an object applies them itself. `npm run check` finds one that is missing. */
export const MIGRATIONS: readonly Migration[] = [{ name: "0000_tables.sql", text: tables }];

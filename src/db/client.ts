import { drizzle } from "drizzle-orm/d1";

/** Connects Drizzle to a D1 binding; costs nothing until a statement runs. */
export function connect(binding: D1Database) {
  return drizzle(binding);
}

/** The handle that every query function takes first. */
export type Database = ReturnType<typeof connect>;

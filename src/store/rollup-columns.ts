import { integer, real } from "drizzle-orm/sqlite-core";

/** What a row of rollups or totals keeps of the numbers of its events. */
export const numbers = () => ({ count: integer().notNull(), sum: real().notNull(), min: real(), max: real() });

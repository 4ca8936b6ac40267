import { readFileSync } from "node:fs";

/**
 * Cloudflare's published prices beyond what the Workers Paid plan ($5 a month) includes, in US dollars per million.
 * https://developers.cloudflare.com/workers/platform/pricing/ and https://developers.cloudflare.com/d1/platform/pricing/
 */
export const PRICES = {
  date: "August 2026",
  request: 0.3,
  processorMillisecond: 0.02,
  kvRead: 0.5,
  rowRead: 0.001,
  rowWritten: 1,
};

/** What is included in the plan each month. */
export const INCLUDED = [
  "10 million requests",
  "30 million milliseconds of the processor",
  "10 million KV reads",
  "25 billion rows read",
  "50 million rows written",
];

/** What one request, or one catch-up, costs: asserted by test/costs/costs.test.ts. */
export type Cost = { kv_reads: number; round_trips: number; rows_read: number; rows_written: number };

/** Reads the asserted costs, by the name of the request. */
export function readCosts(): Record<string, Cost> {
  return JSON.parse(readFileSync(new URL("costs.json", import.meta.url), "utf8")) as Record<string, Cost>;
}

/** The price of a million requests in dollars, without CPU time. */
export function priceOfMillion({ kv_reads, rows_read, rows_written }: Cost, requests = 1): number {
  const { request, kvRead, rowRead, rowWritten } = PRICES;
  return requests * request + kv_reads * kvRead + rows_read * rowRead + rows_written * rowWritten;
}

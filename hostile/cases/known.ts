import { eventRoundTrip } from "./round-trips.ts";
import { request } from "../exchange.ts";
import type { Case } from "./case.ts";

const RANGE = { start_timestamp: "2026-01-01T00:00:00Z", end_timestamp: "2026-01-03T00:00:00Z", interval: "day" };
const PREVIEW = { filter: { conjunction: "and", clauses: [] }, aggregation: { func: "count" }, ...RANGE };

const get = (path: string, token: "d1" | "none" = "d1"): Case => one(request("GET", path, { as: token }));
const one = (...steps: Case["steps"]): Case => ({ kind: "known", steps });
const withCost = (amount: string) =>
  one(
    request("POST", "/v1/events/ingest", {
      json: { events: [{ name: "cost", external_customer_id: "c", metadata: { _cost: { amount, currency: "usd" } } }] },
    }),
  );
const withMetadata = (metadata: string) =>
  one(
    request("POST", "/v1/meters/preview", {
      json: JSON.stringify({ ...PREVIEW, metadata: 0 }).replace(/0}$/, `${metadata}}`),
    }),
  );

/** Requests that similar services have failed at; each run begins with them, whatever its seed. */
export const KNOWN: readonly Case[] = [
  get(`/v1/${"/".repeat(60_000)}x`, "none"),
  withCost(`${"9".repeat(60_000)}x`),
  withCost(`${"0".repeat(60_000)}x`),
  withCost(`1${" ".repeat(60_000)}x`),
  withMetadata('{"a":{"toString":1,"valueOf":1}}'),
  withMetadata(`{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`),
  one(
    request("POST", "/v1/meters/preview", {
      json: JSON.stringify({ ...PREVIEW, external_customer_id: Array<number>(300_000).fill(0) }),
    }),
  ),
  eventRoundTrip("known keys", [
    [
      {
        pairs: [
          ["u1", 0],
          ["caf\\", 1],
        ],
        escaping: "needed",
      },
      {
        pairs: [
          ["u1", 0],
          ["café", 1],
        ],
        escaping: "ascii",
      },
    ],
    [
      {
        pairs: [
          ["u1", 0],
          ["café", 2],
        ],
        escaping: "ascii",
      },
    ],
  ]),
];

import type { Figure } from "./statistics.ts";
import type { Scripts } from "./workers.ts";

/** An endpoint beside its baseline, and beside a baseline that keeps a token's record for five seconds, as Edgemeter does. */
export type EndpointResult = {
  name: string;
  clients: number;
  edgemeter: Figure;
  baseline: Figure;
  ratio: number;
  ratioToRemembering: number;
};

/** An endpoint with its organization in an object, and in D1. */
export type StoreResult = { name: string; clients: number; object: Figure; d1: Figure; ratio: number };

/** Milliseconds of the longest answer, and of all but one of a hundred; per store. */
type Wait = { longest: number; p99: number };
export type Waits = { events: number; meters: number; object: Wait; d1: Wait };

/** A point of a curve: how long a client waits for an answer, and the rate relative to the curve's first point. */
export type Point = { series: string; x: number; milliseconds: number; ratio: number };

/** How something grows. */
export type Curve = { file: string; title: string; axis: string; points: Point[] };

/** A rate in the course of an ingestion: events so far, and events per second. */
export type RatePoint = { events: number; rate: number };

/** How often the schedule ran until nothing was left, and how long that took. */
type Run = { runs: number; seconds: number };

/**
 * An ingestion at a fixed rate that meters count while it lasts: events per second and per request; the most events that the slowest meter
 * had not counted in either half, what was left at the end, and the seconds until all was counted.
 */
export type CountedResult = {
  store: "d1" | "object";
  batch: number;
  seconds: number;
  rate: number;
  firstHalf: number;
  secondHalf: number;
  left: number;
  quietAfter: number;
};

/** What one run found: bench/results.json. */
export type Results = {
  date: string;
  isQuick: boolean;
  machine: { processor: string; cores: number; memory: string; node: string; workerd: string };
  endpoints: EndpointResult[];
  stores: StoreResult[];
  /** The longest waits of a client that reads one row while events are ingested and caught up. */
  waits: Waits | null;
  curves: Curve[];
  ingestion: RatePoint[];
  counted: CountedResult[];
  schedule: (Run & { meters: number; events: number; names: number; every: Run }) | null;
  unique: { events: number; sum: number; meters: { values: number; p50: number; ratio: number }[] } | null;
  startup: { gzip: number; milliseconds: number } | null;
  /** The most memory of the runtime per part of the run, in MiB. */
  memory: { part: string; mebibytes: number }[];
};

/** What a part of the run adds to the results. */
export type Found = Partial<
  Pick<
    Results,
    "endpoints" | "stores" | "waits" | "curves" | "ingestion" | "counted" | "schedule" | "unique" | "startup"
  >
> & {
  memory?: number | undefined;
};

/** What a part of the run works with. */
export type Context = {
  scripts: Scripts;
  isQuick: boolean;
  progress: (line: string) => void;
};

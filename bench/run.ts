import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { measureAlerts } from "./alerts.ts";
import { measureCounted } from "./counted.ts";
import { measureCreation, measureDecisions, measureIngestion, measureReads } from "./endpoints.ts";
import { measureGroups } from "./groups.ts";
import { measureCustomers, measureEvents, measureMeters } from "./growth.ts";
import { writePlots } from "./plots.ts";
import { reportOf, writeDocument } from "./report.ts";
import type { Context, Found, Results } from "./results.ts";
import { measureIngestionRate, measureSchedule, measureStartup, measureUnique } from "./single.ts";
import { measureStores } from "./stores.ts";
import { buildScripts } from "./workers.ts";

/** The parts of a run, in their order. */
const PARTS: Record<string, (context: Context) => Promise<Found>> = {
  create: measureCreation,
  ingest: measureIngestion,
  reads: measureReads,
  decisions: measureDecisions,
  stores: measureStores,
  events: measureEvents,
  meters: measureMeters,
  customers: measureCustomers,
  groups: measureGroups,
  alerts: measureAlerts,
  rate: measureIngestionRate,
  counted: measureCounted,
  schedule: measureSchedule,
  unique: measureUnique,
  startup: measureStartup,
};
const RESULTS = new URL("results.json", import.meta.url);
const USAGE = `npm run bench [-- options]

  --quick          less data, fewer rounds: under two minutes; prints only
  --only <part>    one part, may be repeated: ${Object.keys(PARTS).join(", ")}; prints only
  --write          writes bench/results.json, docs/performance.md and its plots all the same
  --report         writes docs/performance.md and its plots from bench/results.json, without measuring
`;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    write: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help || values.only.some((part) => !Object.hasOwn(PARTS, part))) {
  process.stdout.write(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else if (values.report) {
  writeReport(JSON.parse(readFileSync(RESULTS, "utf8")) as Results);
} else {
  const results = await measure(values.quick, values.only);
  process.stdout.write(`\n${reportOf(results)}\n`);
  if (values.write || (!values.quick && values.only.length === 0)) {
    writeFileSync(RESULTS, `${JSON.stringify(results, rounded, 2)}\n`);
    writeReport(results);
  }
}

async function measure(isQuick: boolean, only: string[]): Promise<Results> {
  const begin = performance.now();
  const seconds = () => `${((performance.now() - begin) / 1000).toFixed(0).padStart(4)} s`;
  const progress = (line: string) => process.stderr.write(`${seconds()}  ${line}\n`);
  const results = emptyResults(isQuick);
  const context = { scripts: await buildScripts(), isQuick, progress };
  for (const [part, run] of Object.entries(PARTS)) {
    if (only.length > 0 && !only.includes(part)) continue;
    const { endpoints = [], curves = [], memory, ...others } = await run(context);
    results.endpoints.push(...endpoints);
    results.curves.push(...curves);
    if (memory !== undefined) results.memory.push({ part, mebibytes: Math.round(memory) });
    Object.assign(results, others);
  }
  progress("done");
  return results;
}

function emptyResults(isQuick: boolean): Results {
  const miniflare = new URL("../node_modules/miniflare/package.json", import.meta.url);
  const { dependencies } = JSON.parse(readFileSync(miniflare, "utf8")) as { dependencies: Record<string, string> };
  const machine = {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    node: process.version,
    workerd: dependencies["workerd"]!,
  };
  const date = new Date().toISOString().slice(0, 10);
  const nothing = { waits: null, schedule: null, unique: null, startup: null };
  return {
    date,
    isQuick,
    machine,
    endpoints: [],
    stores: [],
    curves: [],
    ingestion: [],
    counted: [],
    ...nothing,
    memory: [],
  };
}

function writeReport(results: Results): void {
  writePlots(results);
  writeDocument(results);
}

/** Numbers of the file have four digits, so that its differences can be read. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

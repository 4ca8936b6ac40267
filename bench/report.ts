import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { INCLUDED, priceOfMillion, PRICES, readCosts } from "./prices.ts";
import type { Curve, Results } from "./results.ts";
import { number, targetsOf } from "./targets.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DOCUMENT = fileURLToPath(new URL("../docs/performance.md", import.meta.url));

/** The sections of docs/performance.md that a run writes, by the name in their markers. */
const SECTIONS: Record<string, (results: Results) => string> = {
  machine: machineOf,
  targets: targetTable,
  endpoints: endpointTable,
  stores: storeTable,
  growth: growthOf,
  memory: memoryTable,
  costs: costTable,
  prices: priceTable,
};

/** The tables of a run, for the terminal. */
export function reportOf(results: Results): string {
  const shown = [machineOf, targetTable, endpointTable, storeTable, ...results.curves.map((curve) => () => curveTable(curve)), memoryTable]; // prettier-ignore
  return shown.map((section) => section(results)).join("\n\n");
}

/** Writes a run's figures into docs/performance.md, between the markers, and formats what was written. */
export function writeDocument(results: Results): void {
  let text = readFileSync(DOCUMENT, "utf8");
  for (const [name, section] of Object.entries(SECTIONS)) {
    const [start, end] = [`<!-- bench ${name} -->`, `<!-- /bench ${name} -->`];
    const [before, after] = [text.indexOf(start), text.indexOf(end)];
    if (before < 0 || after < before) throw new Error(`docs/performance.md has no section ${start} … ${end}`);
    text = `${text.slice(0, before + start.length)}\n\n${section(results)}\n\n${text.slice(after)}`;
  }
  writeFileSync(DOCUMENT, text);
  execFileSync("npx", ["oxfmt", "docs/performance.md", "bench/results.json"], { cwd: ROOT });
}

function machineOf({ date, isQuick, machine }: Results): string {
  const { processor, cores, memory, node, workerd } = machine;
  const run = isQuick ? "A quick run, with less data than the targets name, " : "Measured ";
  return `${run}on ${date} with ${cores} cores (${processor}), ${memory}, Node ${node}, workerd ${workerd}.`;
}

function targetTable(results: Results): string {
  const rows = targetsOf(results).map(({ what, wanted, measured, isMet }) => [
    what,
    wanted,
    measured ?? "not measured",
    measured === null ? "" : isMet ? "met" : "**missed**",
  ]);
  return table(["", "target", "measured", ""], rows);
}

function endpointTable({ endpoints }: Results): string {
  const rows = endpoints.map(({ name, clients, edgemeter, baseline, ratio, ratioToRemembering }) => [
    name,
    String(clients),
    ratio.toFixed(2),
    ratioToRemembering.toFixed(2),
    `${short(edgemeter.rate)} : ${short(baseline.rate)}`,
    `${short(edgemeter.p50)} : ${short(baseline.p50)}`,
    `${short(edgemeter.p99)} : ${short(baseline.p99)}`,
    `${(edgemeter.p99 / edgemeter.p50).toFixed(1)} ×`,
  ]);
  const columns = ["endpoint", "clients", "of the baseline", "of a baseline that remembers tokens"];
  return table([...columns, "requests a second", "p50, ms", "p99, ms", "p99 / p50"], rows);
}

function storeTable({ stores, waits }: Results): string {
  const rows = stores.map(({ name, clients, object, d1, ratio }) => [
    name,
    String(clients),
    ratio.toFixed(2),
    `${short(object.rate)} : ${short(d1.rate)}`,
    `${short(object.p50)} : ${short(d1.p50)}`,
    `${short(object.p99)} : ${short(d1.p99)}`,
  ]);
  const found = table(["endpoint", "clients", "of D1's rate", "requests a second", "p50, ms", "p99, ms"], rows);
  if (waits === null) return found;
  const { events, meters, object, d1 } = waits;
  const what = `A client that reads one meter while another ingests ${number(events)} events, 1,000 in a request, and ${meters} meters catch up`;
  return `${found}\n\n${what}: the longest answer took ${short(object.longest)} ms from an object and ${short(d1.longest)} ms from D1, the 99th percentile ${short(object.p99)} and ${short(d1.p99)} ms.`; // prettier-ignore
}

function growthOf(results: Results): string {
  const curves = results.curves.map(
    (curve) => `### ${curve.title}\n\n![${curve.title}](performance/${curve.file}.svg)\n\n${curveTable(curve)}`,
  );
  if (results.ingestion.length === 0) return curves.join("\n\n");
  const title = "Ingestion over time";
  return [...curves, `### ${title}\n\n![${title}](performance/ingestion.svg)`].join("\n\n");
}

/** The time relative to the first column, with the time of an answer beside it. */
function curveTable({ axis, points }: Curve): string {
  const columns = [...new Set(points.map(({ x }) => x))];
  const rows = [...new Set(points.map(({ series }) => series))].map((series) => {
    const cells = columns.map((column) => points.find(({ series: own, x }) => own === series && x === column));
    return [series, ...cells.map((point) => (point === undefined ? "" : `${(1 / point.ratio).toFixed(2)} × (${short(point.milliseconds)} ms)`))]; // prettier-ignore
  });
  return table([axis, ...columns.map(number)], rows);
}

function memoryTable({ memory }: Results): string {
  return table(
    ["part of the run", "most memory of the runtime, MiB"],
    memory.map(({ part, mebibytes }) => [part, String(mebibytes)]),
  );
}

function costTable({ endpoints }: Results): string {
  const rows = Object.entries(readCosts()).map(([name, cost]) => {
    const isRequest = !name.startsWith("catch up");
    const { kv_reads, round_trips, rows_read, rows_written } = cost;
    const figures = [kv_reads, round_trips, rows_read, rows_written].map(number);
    const busy = endpoints.find((endpoint) => endpoint.name === name && endpoint.clients === 16);
    // All that the machine does for a request, on one of its cores: more than Cloudflare bills.
    const processor = busy && isRequest ? 1000 / busy.edgemeter.rate : undefined;
    const most = processor === undefined ? "" : dollars(processor * PRICES.processorMillisecond);
    return [name, ...figures, dollars(priceOfMillion(cost, isRequest ? 1 : 0)), most];
  });
  const columns = ["request", "KV reads", "D1 round trips", "rows read", "rows written"];
  return table([...columns, "a million of them", "processor, at most"], rows);
}

function priceTable(): string {
  const costs = readCosts();
  const [one, many, own] = ["ingest 1 event", "ingest 1,000 events", "ingest 1,000 events with external_ids"];
  const ofMany = (name: string) => priceOfMillion(costs[name]!) / 1000;
  const { date, request, processorMillisecond, kvRead, rowRead, rowWritten } = PRICES;
  const rates = `Rates of ${date}, per million and beyond what the plan includes: requests $${request.toFixed(2)}, milliseconds of the processor $${processorMillisecond}, KV reads $${kvRead.toFixed(2)}, D1 rows read $${rowRead}, D1 rows written $${rowWritten.toFixed(2)}. The plan ($5 a month) includes ${INCLUDED.join(", ")} a month.`; // prettier-ignore
  const [catchUp, withDimension] = ["", " with a dimension"].map(
    (more) => priceOfMillion(costs[`catch up 1,000 events in one meter${more}`]!, 0) / 1000,
  );
  const rows = [
    ["a million events, 1 a request", dollars(priceOfMillion(costs[one]!))],
    ["a million events, 1,000 a request", dollars(ofMany(many))],
    ["the same with external_ids", dollars(ofMany(own))],
    ["for each meter that counts them, at most", dollars(catchUp!)],
    ["for each of its dimensions, at most", dollars(withDimension! - catchUp!)],
  ];
  return `${rates}\n\n${table(["", "price"], rows)}`;
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((cell, column) => Math.max(cell.length, 3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

const dollars = (amount: number) => `$${amount.toFixed(amount < 0.1 ? 4 : 2)}`;

/** Three digits are enough. */
const short = (value: number) => (value >= 100 ? number(value) : value.toPrecision(value >= 10 ? 3 : 2));

import { mkdirSync, writeFileSync } from "node:fs";
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Curve, RatePoint, Results } from "./results.ts";

const FOLDER = new URL("../docs/performance/", import.meta.url);
/** Colours that can be told apart, and read on white and on black. */
const COLOURS = ["#3b82f6", "#d97706", "#16a34a", "#c026d3"];
/** Text has the colour of the page's scheme; a background of its own makes it readable wherever the file is shown. */
const STYLE = `<style>
svg { color: #1f2328; background: #ffffff }
@media (prefers-color-scheme: dark) { svg { color: #e6edf3; background: #0d1117 } }
</style>`;

/** Draws each growth curve into docs/performance/, as SVG. */
export async function writePlots({ curves, ingestion }: Results): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  for (const curve of curves) await write(curve.file, curvePlot(curve));
  if (ingestion.length > 0) await write("ingestion", ratePlot(ingestion));
}

function curvePlot({ title, axis, points }: Curve): TopLevelSpec {
  const values = points.map(({ series, x, ratio }) => ({ series, x, time: 1 / ratio }));
  const sizes = points.map(({ x }) => x);
  const times = values.map(({ time }) => time);
  const ticks = powersOfTwo(Math.min(0.5, ...times), Math.max(4, ...times));
  const smallest = Math.min(...sizes).toLocaleString("en-US");
  return {
    ...frame(title),
    data: { values },
    mark: { type: "line", point: true },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        scale: { type: "log", domain: [Math.min(...sizes), Math.max(...sizes)] },
        axis: { format: ",d", values: [...new Set(sizes)] },
        title: `number of ${axis}`,
      },
      y: {
        field: "time",
        type: "quantitative",
        scale: { type: "log", base: 2, domain: [ticks[0]!, ticks.at(-1)!] },
        axis: { format: "~r", values: ticks },
        title: `time per request, relative to ${smallest} (×)`,
      },
      color: { field: "series", type: "nominal", sort: null, title: null },
      shape: { field: "series", type: "nominal", sort: null, title: null },
    },
  };
}

/** The powers of two from the one below a value to the one above another. */
function powersOfTwo(from: number, to: number): number[] {
  const [first, last] = [Math.floor(Math.log2(from)), Math.ceil(Math.log2(to))];
  return Array.from({ length: last - first + 1 }, (_, index) => 2 ** (first + index));
}

function ratePlot(points: RatePoint[]): TopLevelSpec {
  const first = points[0]!.rate;
  return {
    ...frame("Ingestion over time"),
    data: { values: points.map(({ events, rate }) => ({ events, rate: rate / first })) },
    mark: { type: "line", point: true },
    encoding: {
      x: { field: "events", type: "quantitative", title: "events ingested", axis: { format: ",d", tickCount: 6 } },
      y: {
        field: "rate",
        type: "quantitative",
        scale: { zero: true },
        title: `rate, relative to the first part (×)`,
      },
    },
  };
}

function frame(title: string) {
  const text = "currentColor";
  const axis = {
    labelColor: text,
    titleColor: text,
    domainColor: text,
    tickColor: text,
    gridColor: text,
    gridOpacity: 0.15,
  };
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title,
    width: 620,
    height: 280,
    padding: 12,
    config: {
      background: "transparent",
      font: "system-ui, sans-serif",
      view: { stroke: null },
      title: { color: text, anchor: "start", fontSize: 15 },
      axis: { ...axis, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
      legend: {
        labelColor: text,
        labelFontSize: 12,
        labelLimit: 400,
        orient: "bottom",
        columns: 2,
        symbolStrokeWidth: 2,
      },
      range: { category: COLOURS },
      line: { color: COLOURS[0], strokeWidth: 2 },
      point: { filled: true, size: 55, color: COLOURS[0] },
    },
  } as const;
}

async function write(file: string, spec: TopLevelSpec): Promise<void> {
  const svg = await new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
  writeFileSync(new URL(`${file}.svg`, FOLDER), `${svg.replace(/(<svg[^>]*>)/, `$1${STYLE}`)}\n`);
}

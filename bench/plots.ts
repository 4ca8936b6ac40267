import { mkdirSync, writeFileSync } from "node:fs";
import type { Curve, RatePoint, Results } from "./results.ts";

const FOLDER = new URL("../docs/performance/", import.meta.url);
const WIDTH = 620;
const HEIGHT = 280;
/** What is left of the plot, and above it. */
const LEFT = 65;
const TOP = 56;
/** Colours that can be told apart, and read on white and on black; each with a shape of its own. */
const MARKS = [
  { colour: "#3b82f6", shape: "M4,0A4,4,0,1,1,-4,0A4,4,0,1,1,4,0Z" },
  { colour: "#d97706", shape: "M-3.7,-3.7H3.7V3.7H-3.7Z" },
  { colour: "#16a34a", shape: "M0,-4.2L4.2,3.2H-4.2Z" },
  { colour: "#c026d3", shape: "M-4,-1.5H-1.5V-4H1.5V-1.5H4V1.5H1.5V4H-1.5V1.5H-4Z" },
];
/** Text has the colour of the page's scheme; a background of its own makes it readable wherever the file is shown. */
const STYLE = `<style>
svg { color: #1f2328; background: #ffffff; font: 12px system-ui, sans-serif }
text { fill: currentColor }
@media (prefers-color-scheme: dark) { svg { color: #e6edf3; background: #0d1117 } }
</style>`;

type Axis = { title: string; ticks: number[]; isLog: boolean; text: (value: number) => string };
type Plot = { title: string; x: Axis; y: Axis; series: { name: string; points: [number, number][] }[] };

/** Draws each growth curve into docs/performance/, as SVG. */
export function writePlots({ curves, ingestion }: Results): void {
  mkdirSync(FOLDER, { recursive: true });
  for (const curve of curves) write(curve.file, curvePlot(curve));
  if (ingestion.length > 0) write("ingestion", ratePlot(ingestion));
}

function curvePlot({ title, axis, points }: Curve): Plot {
  const sizes = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const times = points.map(({ ratio }) => 1 / ratio);
  const names = [...new Set(points.map(({ series }) => series))];
  const relative = `time per request, relative to ${withCommas(sizes[0]!)} (×)`;
  return {
    title,
    x: { title: `number of ${axis}`, ticks: sizes, isLog: true, text: withCommas },
    y: {
      title: relative,
      ticks: powersOfTwo(Math.min(0.5, ...times), Math.max(4, ...times)),
      isLog: true,
      text: String,
    },
    series: names.map((name) => {
      const own = points.filter(({ series }) => series === name);
      return { name, points: own.map(({ x, ratio }) => [x, 1 / ratio]) };
    }),
  };
}

/** The powers of two from the one below a value to the one above another. */
function powersOfTwo(from: number, to: number): number[] {
  const [first, last] = [Math.floor(Math.log2(from)), Math.ceil(Math.log2(to))];
  return Array.from({ length: last - first + 1 }, (_, index) => 2 ** (first + index));
}

function ratePlot(rates: RatePoint[]): Plot {
  const points = rates.map(({ events, rate }): [number, number] => [events, rate / rates[0]!.rate]);
  const fifths = Math.ceil(5 * Math.max(...points.map(([, rate]) => rate)));
  return {
    title: "Ingestion over time",
    x: {
      title: "events ingested",
      ticks: Array.from({ length: 7 }, (_, index) => (index * rates.at(-1)!.events) / 6),
      isLog: false,
      text: withCommas,
    },
    y: {
      title: "rate, relative to the first part (×)",
      ticks: Array.from({ length: fifths + 1 }, (_, index) => index / 5),
      isLog: false,
      text: (value) => value.toFixed(1),
    },
    series: [{ name: "", points }],
  };
}

function draw({ title, x, y, series }: Plot): string {
  const [toX, toY] = [scale(x, WIDTH), scale(y, -HEIGHT)];
  const grid = [
    ...x.ticks.map((tick) => {
      const anchor = tick === x.ticks[0] ? "start" : tick === x.ticks.at(-1) ? "end" : "middle";
      return rule(toX(tick), `v${-HEIGHT}`, `v5`) + text(toX(tick), 18, x.text(tick), anchor);
    }),
    ...y.ticks.map(
      (tick) =>
        `<g transform="translate(0,${toY(tick)})">${rule(0, `h${WIDTH}`, "h-5")}${text(-8, 4, y.text(tick), "end")}</g>`,
    ),
  ];
  const lines = series.map(({ points }, index) => {
    const { colour, shape } = MARKS[index % MARKS.length]!;
    const places = points.map(([left, up]) => `${toX(left)},${toY(up)}`);
    const dots = places.map((place) => `<path transform="translate(${place})" fill="${colour}" d="${shape}"/>`);
    return `<path fill="none" stroke="${colour}" stroke-width="2" d="M${places.join("L")}"/>${dots.join("")}`;
  });
  const named = series.filter(({ name }) => name !== "");
  const legend = named.map(({ name }, index) => {
    const { colour, shape } = MARKS[index % MARKS.length]!;
    const place = `${6 + (index % 2) * 300},${60 + Math.floor(index / 2) * 20}`;
    return `<g transform="translate(${place})"><path transform="scale(1.4)" fill="${colour}" d="${shape}"/>${text(11, 4, name)}</g>`;
  });
  const [width, height] = [LEFT + WIDTH + 20, TOP + HEIGHT + 52 + 20 * Math.ceil(named.length / 2)];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${STYLE}
<text x="12" y="27" font-size="15" font-weight="bold">${title}</text>
<text transform="translate(20,${TOP + HEIGHT / 2}) rotate(-90)" text-anchor="middle">${y.title}</text>
<g transform="translate(${LEFT},${TOP + HEIGHT})">
${grid.join("\n")}
<path fill="none" stroke="currentColor" d="M0,${-HEIGHT}V0H${WIDTH}"/>
${text(WIDTH / 2, 36, x.title, "middle")}
${[...lines, ...legend].join("\n")}
</g>
</svg>
`;
}

/** Where a value lies on an axis of some length. */
function scale({ ticks, isLog }: Axis, length: number): (value: number) => number {
  const at = isLog ? Math.log : (value: number) => value;
  const [first, last] = [at(ticks[0]!), at(ticks.at(-1)!)];
  return (value) => Number((((at(value) - first) / (last - first)) * length).toFixed(1));
}

const withCommas = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
const rule = (x: number, line: string, tick: string) =>
  `<path stroke="currentColor" stroke-opacity=".15" d="M${x},0${line}"/><path stroke="currentColor" d="M${x},0${tick}"/>`;
const text = (x: number, y: number, words: string, anchor = "start") =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;

const write = (file: string, plot: Plot) => writeFileSync(new URL(`${file}.svg`, FOLDER), draw(plot));

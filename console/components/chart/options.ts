import uPlot from "uplot";
import { short } from "../../format/number.ts";
import { tick } from "../../format/time.ts";
import type { Schemas } from "../../../client/src/index.ts";

/** One line or row of bars: a value for each time; null where there is none. */
export type Series = { name: string; values: (number | null)[]; isBefore?: boolean };

/** What a chart shows: times in milliseconds since 1970 UTC, each the beginning of a period, and series over them. */
export type ChartData = {
  times: number[];
  series: Series[];
  interval: Schemas["TimeInterval"];
  zone: string;
  /** Bars for what adds up; lines for averages, extremes and several series. */
  isBars: boolean;
  /** The index of the period that has not ended yet: it is drawn lighter. */
  current: number;
};

/** The custom properties of the series' colours; further series take them again. */
export const COLORS = ["--accent", "--series-2", "--series-3", "--series-4", "--series-5"];
/** Pixels between two labels of the axis. */
const LABEL_WIDTH = { hour: 96, day: 56, week: 56, month: 60, year: 48, total: 120 };

/** The value of a colour in the theme of the moment. */
const colorOf = (name: string, alpha = 1): string => {
  const color = getComputedStyle(document.documentElement).getPropertyValue(name);
  return alpha === 1 ? color : color.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);
};

const bars = uPlot.paths.bars!;

function seriesOf({ series, isBars, current, times }: ChartData): uPlot.Series[] {
  return series.map(({ isBefore }, at) => {
    const name = isBefore ? "--muted" : COLORS[at % COLORS.length]!;
    const line: uPlot.Series = { stroke: () => colorOf(name), width: 1.5, points: { show: times.length < 3 } };
    if (isBefore) return { ...line, dash: [4, 4] };
    if (!isBars) return line;
    const fill = { unit: 3 as const, values: () => times.map((_, row) => colorOf(name, row === current ? 0.5 : 1)) };
    return {
      ...line,
      width: 0,
      fill: () => colorOf(name),
      points: { show: false },
      paths: bars({ size: [0.72, 40], disp: { fill } }),
    };
  });
}

/** Half a period beside the first and the last row, so that bars fit. */
function xRange(times: number[]): [number, number] {
  const [first = 0, last = 0] = [times[0], times.at(-1)].map((time) => (time ?? 0) / 1000);
  const half = times.length < 2 ? 1800 : (last - first) / (times.length - 1) / 2;
  return [first - half, last + half];
}

/** Builds uPlot's options for some data. */
export function optionsOf(
  data: ChartData,
  size: { width: number; height: number },
  onCursor: (row: number | null) => void,
): uPlot.Options {
  const { times, interval, zone } = data;
  const grid = { stroke: () => colorOf("--line"), width: 1 };
  const axis = { stroke: () => colorOf("--muted"), font: "12px system-ui, sans-serif", grid, ticks: { show: false } };
  return {
    ...size,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { drag: { x: true, y: false, setScale: false }, y: false, points: { show: false } },
    scales: {
      x: { time: false, range: () => xRange(times) },
      // Charts begin at zero.
      y: { range: (_, low, high) => uPlot.rangeNum(Math.min(0, low ?? 0), Math.max(0, high ?? 0) || 1, 0.05, true) },
    },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        splits: ({ bbox }) => {
          const room = Math.max(1, Math.floor(bbox.width / devicePixelRatio / LABEL_WIDTH[interval]));
          const every = Math.max(1, Math.ceil(times.length / room));
          return times.filter((_, row) => row % every === 0).map((time) => time / 1000);
        },
        values: (_, splits) => splits.map((time) => tick(time * 1000, interval, zone)),
      },
      { ...axis, size: 52, values: (_, splits) => splits.map(short) },
    ],
    series: [{}, ...seriesOf(data)],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
  };
}

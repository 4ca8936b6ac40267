import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { exact } from "../../format/number.ts";
import { period } from "../../format/time.ts";
import "./chart.css";
import { type ChartData, COLORS, optionsOf } from "./options.ts";

type Props = {
  data: ChartData;
  /** What the chart shows, for those who don't see it: its name, range and total. */
  label: string;
  unit: string;
  /** Is called with the rows between which the pointer was dragged. */
  onRange?: (from: number, to: number) => void;
};
const HEIGHT = 260;

/** A chart of periods: the pointer and the arrow keys read single values, dragging chooses a range. */
export function Chart({ data, label, unit, onRange }: Props) {
  const [row, setRow] = useState<number | null>(null);
  const { host, choose } = usePlot(data, setRow, onRange);
  const move = (event: KeyboardEvent) => {
    const last = data.times.length - 1;
    const to = { ArrowLeft: (row ?? last + 1) - 1, ArrowRight: (row ?? -1) + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(Math.max(0, Math.min(last, to)));
  };
  return (
    <figure class="chart">
      <Readout data={data} row={row} unit={unit} />
      <div
        class="plot"
        ref={host}
        role="group"
        tabIndex={0}
        aria-label={`${label}. Left and right arrow keys read single values.`}
        onKeyDown={move}
        onBlur={() => setRow(null)}
      />
    </figure>
  );
}

/** Draws into an element, and returns it with a function that puts the cursor on a row. */
function usePlot(data: ChartData, onRow: (row: number | null) => void, onRange: Props["onRange"]) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(onRange);
  latest.current = onRange;
  useEffect(() => {
    const element = host.current!;
    const options = optionsOf(data, { width: element.clientWidth, height: HEIGHT }, onRow);
    const select = (made: uPlot) => {
      const { left, width } = made.select;
      const [from, to] = [made.posToIdx(left), made.posToIdx(left + width)];
      made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      if (to > from) latest.current?.(from, to);
    };
    const made = new uPlot({ ...options, hooks: { ...options.hooks, setSelect: [select] } }, toColumns(data), element);
    plot.current = made;
    const stop = follow(element, made);
    return () => {
      stop();
      made.destroy();
    };
  }, [data]);
  const choose = (row: number) => {
    plot.current?.setCursor({ left: plot.current.valToPos(data.times[row]! / 1000, "x"), top: 10 });
    onRow(row);
  };
  return { host, choose };
}

/** Keeps a chart as wide as its place, and in the colours of the theme; the function that is returned stops that. */
function follow(element: HTMLElement, plot: uPlot): () => void {
  const sizes = new ResizeObserver(() => {
    const width = Math.floor(element.clientWidth);
    if (width > 0 && width !== plot.width) plot.setSize({ width, height: HEIGHT });
  });
  sizes.observe(element);
  const redraw = () => plot.redraw(false);
  const themes = new MutationObserver(redraw);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", redraw);
  return () => {
    sizes.disconnect();
    themes.disconnect();
    system.removeEventListener("change", redraw);
  };
}

function toColumns({ times, series }: ChartData): uPlot.AlignedData {
  return [times.map((time) => time / 1000), ...series.map(({ values }) => values)];
}

/** The value under the pointer; without one, which series has which colour. */
function Readout({ data, row, unit }: { data: ChartData; row: number | null; unit: string }) {
  const { series, times, interval, zone } = data;
  const names = useMemo(() => series.map(({ name }) => name), [series]);
  return (
    <figcaption class="readout small">
      {row !== null && <output>{period(times[row]!, interval, zone)}</output>}
      {(series.length > 1 || row !== null) &&
        series.map(({ values, isBefore }, at) => (
          <span key={names[at]} class="row">
            {series.length > 1 && (
              <i style={{ background: `var(${isBefore ? "--muted" : COLORS[at % COLORS.length]})` }} />
            )}
            {series.length > 1 && <bdi>{names[at]}</bdi>}
            {row !== null && (
              <output>
                <b>{values[row] === null || values[row] === undefined ? "–" : exact(values[row])}</b> <bdi>{unit}</bdi>
              </output>
            )}
          </span>
        ))}
    </figcaption>
  );
}

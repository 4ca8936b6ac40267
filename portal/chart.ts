import type { Quantities } from "./api.ts";
import { element, svg } from "./dom.ts";
import { amount, number, shortNumber, time } from "./format.ts";

/** What a chart shows. */
export type Series = Quantities & { interval: string; unit: string; name: string };

const HEIGHT = 148;
/** Room around the bars, in pixels: labels are to the left and below. */
const [LEFT, TOP, BOTTOM] = [44, 8, 22];
/** Their halves have one decimal at most. */
const STEPS = [1, 2, 3, 4, 5, 6, 8, 10];

/** The next round number. */
function roundUp(value: number): number {
  if (value === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return STEPS.find((step) => step * power >= value * (1 - 1e-9))! * power;
}

/** Where values are drawn: the numbers at the upper and the lower edge, and the height of each value in pixels. */
type Scale = { top: number; low: number; y: (value: number) => number };

function scaleOf(values: number[]): Scale {
  const top = roundUp(Math.max(0, ...values));
  const least = Math.min(0, ...values);
  const low = least === 0 ? 0 : -roundUp(-least);
  return { top, low, y: (value) => TOP + ((top - value) / (top - low)) * (HEIGHT - TOP - BOTTOM) };
}

/**
 * Makes a chart of bars: the arrow keys or the pointer choose one, whose value is said.
 * @param width in pixels
 */
export function chart(series: Series, width: number): HTMLElement {
  const { quantities, interval, unit, name, total } = series;
  const values = quantities.map(({ quantity }) => quantity);
  const scale = scaleOf(values);
  const step = (width - LEFT) / Math.max(1, values.length);
  const bars = values.map((value, at) => bar(value, LEFT + (at + 0.5) * step, Math.min(28, step * 0.72), scale));
  const parts = [...grid(scale, width), ...bars, ...dates(series, width, step)];
  const [first, last] = [quantities[0], quantities.at(-1)].map((row) => time(row?.timestamp ?? 0, interval));
  const label = `${name}: ${amount(total, unit)}, ${first} – ${last}. Left and right arrow keys read single values.`;
  const drawing = svg("svg", { width, height: HEIGHT, "aria-hidden": "true" }, ...parts);
  const attributes = { class: "plot", part: "chart", role: "group", tabindex: "0", "aria-label": label };
  const plot = element("div", attributes, drawing);
  const said = element("output", { class: "said" });
  makeReadable(plot, bars, step, (at) => {
    const row = quantities[at];
    said.textContent = row === undefined ? "" : `${time(row.timestamp, interval)}: ${amount(row.quantity, unit)}`;
  });
  return element("div", { class: "figure" }, said, plot);
}

/** Lets the pointer and the arrow keys choose a bar. */
function makeReadable(plot: HTMLElement, bars: SVGElement[], step: number, say: (at: number) => void): void {
  let chosen = -1;
  const choose = (at: number) => {
    bars[chosen]?.classList.remove("chosen");
    bars[at]?.classList.add("chosen");
    chosen = at;
    say(at);
  };
  const last = bars.length - 1;
  plot.addEventListener("pointermove", ({ offsetX }) => choose(Math.floor((offsetX - LEFT) / step)));
  for (const end of ["pointerleave", "blur"]) plot.addEventListener(end, () => choose(-1));
  plot.addEventListener("keydown", (event) => {
    const before = chosen < 0 ? last : chosen - 1;
    const to = { ArrowLeft: before, ArrowRight: chosen + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(Math.max(0, Math.min(last, to)));
  });
}

function bar(value: number, middle: number, width: number, { y }: Scale): SVGElement {
  const [from, to] = [y(Math.max(0, value)), y(Math.min(0, value))];
  // What is not zero is seen.
  const height = value === 0 ? 0 : Math.max(1.5, to - from);
  const place = { x: middle - width / 2, y: to - height, width, height, rx: Math.min(2, width / 3) };
  return svg("rect", { class: "bar", part: "bar", ...place });
}

/** Lines at the edges and in the middle, and their numbers. */
function grid({ top, low, y }: Scale, width: number): SVGElement[] {
  return [top, (top + low) / 2, low].flatMap((value) => [
    svg("line", { class: "grid", part: "grid", x1: LEFT, x2: width, y1: y(value), y2: y(value) }),
    label(shortNumber(value), { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }),
  ]);
}

/** The dates below the bars: as many as there is room for. */
function dates({ quantities, interval }: Series, width: number, step: number): SVGElement[] {
  const every = Math.max(1, Math.ceil((interval === "hour" ? 110 : 64) / step));
  return quantities.flatMap(({ timestamp }, at) => {
    if (at % every !== 0) return [];
    const middle = LEFT + (at + 0.5) * step;
    const isLast = middle + 28 > width;
    const place = { x: isLast ? width : middle, y: HEIGHT - 4, "text-anchor": isLast ? "end" : "middle" };
    return [label(time(timestamp, interval), place)];
  });
}

const label = (text: string, place: Record<string, string | number>) =>
  svg("text", { class: "label", part: "axis", ...place }, text);

const row = (first: string, value: number) =>
  element("tr", {}, element("th", { scope: "row" }, first), element("td", {}, number(value)));

/** Makes the table that says the same as the chart. */
export function table({ quantities, interval, unit, name, total }: Series): HTMLElement {
  const head = element(
    "tr",
    {},
    element("th", { scope: "col" }, "Time"),
    element("th", { scope: "col" }, unit || "Quantity"),
  );
  const rows = quantities.map(({ timestamp, quantity }) => row(time(timestamp, interval), quantity));
  const all = element(
    "table",
    { part: "table" },
    element("caption", {}, name),
    element("thead", {}, head),
    element("tbody", {}, ...rows),
    element("tfoot", {}, row("Total", total)),
  );
  const scroll = element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": `${name}, table` },
    all,
  );
  return element("details", { part: "details" }, element("summary", { part: "summary" }, "Table"), scroll);
}

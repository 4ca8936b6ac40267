import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Schemas } from "../../client/src/index.ts";
import { change, exact, unitOf } from "../format/number.ts";
import { period } from "../format/time.ts";
import type { Range } from "../url/range.ts";
import { Chart } from "./chart/chart.tsx";
import type { ChartData, Series } from "./chart/options.ts";
import "./quantities.css";
import { type Column, Table } from "./table.tsx";
import { Amount } from "./values.tsx";

type Meter = Pick<Schemas["Meter"], "name" | "unit" | "custom_label" | "aggregation">;
type Quantities = Schemas["MeterQuantities"];
type Group = Schemas["MeterQuantitiesGroup"];
type Props = {
  meter: Meter;
  range: Range;
  data: Quantities;
  /** The same number of periods before, to compare with. */
  before?: Quantities | undefined;
  /** Buttons beside the table's heading. */
  actions?: ComponentChildren;
  /** Is called with the rows that were chosen in the chart. */
  onRange?: (from: number, to: number) => void;
};

/** The functions whose quantities are drawn as bars from zero. */
const BARS: ReadonlySet<string> = new Set(["count", "sum", "unique"]);
/** Groups that are drawn; all that the answer has are in the table. */
const DRAWN = 5;

/** A meter's quantities as a chart, and the same as a table; Total comes before them. */
export function Quantities({ meter, range, data, before, actions, onRange }: Props) {
  const unit = unitOf(meter);
  const { query, times, current } = range;
  const chart = useMemo<ChartData>(
    () => ({
      times,
      current,
      interval: query.interval,
      zone: query.timezone,
      isBars: BARS.has(meter.aggregation.func) && data.groups === undefined,
      series: seriesOf(data, before, times),
    }),
    [data, before, times],
  );
  const [first, last] = [times[0]!, times.at(-1)!].map((time) => period(time, query.interval, query.timezone));
  return (
    <>
      <Chart
        data={chart}
        label={`${meter.name}, ${first} to ${last}: ${exact(data.total)} ${unit}`}
        unit={unit}
        {...(onRange && { onRange })}
      />
      {data.groups && <Groups data={data} unit={unit} />}
      <section class="stack tight rows" aria-label="Table">
        <div class="row apart">
          <h2>Table</h2>
          {actions}
        </div>
        <Rows range={range} data={data} before={before} unit={unit} />
      </section>
    </>
  );
}

type TotalProps = { meter: Meter; data: Quantities | undefined; before?: Quantities | undefined };

/** The total of a meter's quantities, which has its place before it is known. */
export function Total({ meter, data, before }: TotalProps) {
  const unit = unitOf(meter);
  if (data === undefined) return <p class="large quiet">…</p>;
  return (
    <p class="row end">
      <span class="large">
        <Amount value={data.total} unit={unit} />
      </span>
      {before && (
        <span class="quiet">
          {change(before.total, data.total) ?? "no change to compute"}, from <Amount value={before.total} unit={unit} />{" "}
          in the period before
        </span>
      )}
    </p>
  );
}

/** The lines of a chart: the total, or the largest groups; what is not yet there is a gap. */
function seriesOf(data: Quantities, before: Quantities | undefined, times: number[]): Series[] {
  const now = Date.now();
  const valuesOf = ({ quantities }: Pick<Quantities, "quantities">) =>
    times.map((time, row) => (time > now ? null : (quantities[row]?.quantity ?? null)));
  const drawn: Series[] = data.groups
    ? data.groups.slice(0, DRAWN).map((group) => ({ name: nameOf(group), values: valuesOf(group) }))
    : [{ name: "this period", values: valuesOf(data) }];
  if (before === undefined) return drawn;
  const values = times.map((_, row) => before.quantities[row]?.quantity ?? null);
  return [...drawn, { name: "the period before", values, isBefore: true }];
}

/** What a group is called: the customer's name, e-mail address or id, or the value of the property. */
function nameOf({ key, missing }: Group): string {
  if (missing) return "without the property";
  if (typeof key !== "object" || key === null) return String(key);
  return key.name ?? key.email ?? key.external_customer_id ?? key.customer_id ?? "";
}

function Groups({ data, unit }: { data: Quantities; unit: string }) {
  const rows = [
    ...data.groups!.map((group) => ({ name: nameOf(group), total: group.total, id: customerIn(group) })),
    ...(data.others ? [{ name: "all others", total: data.others.total, id: null }] : []),
  ];
  const columns: Column<(typeof rows)[number]>[] = [
    {
      label: data.group_by === "customer" ? "Customer" : (data.group_by ?? "Group"),
      cell: ({ name, id }) => (id === null ? <bdi>{name}</bdi> : <a href={`/console/customers/${id}`}><bdi>{name}</bdi></a>), // prettier-ignore
    },
    { label: "Total", kind: "number", cell: ({ total }) => <Amount value={total} unit={unit} /> },
  ];
  return (
    <section class="stack tight" aria-label="Groups">
      <h2>
        Groups <span class="quiet small">{exact(data.group_count ?? rows.length)} in all</span>
      </h2>
      <Table caption="Groups" columns={columns} rows={rows} keyOf={({ name }) => name} />
    </section>
  );
}

const customerIn = ({ key }: Group) => (typeof key === "object" && key !== null ? (key.customer_id ?? null) : null);

type Row = { time: string; quantity: number; before: number | undefined };

function Rows({
  range,
  data,
  before,
  unit,
}: {
  range: Range;
  data: Quantities;
  before: Quantities | undefined;
  unit: string;
}) {
  const { interval, timezone } = range.query;
  const rows = data.quantities.map(({ timestamp, quantity }, row): Row => {
    return { time: timestamp, quantity, before: before?.quantities[row]?.quantity };
  });
  const columns: Column<Row>[] = [
    { label: `Period (${timezone})`, cell: ({ time }) => period(time, interval, timezone) },
    { label: unit || "Quantity", kind: "number", cell: ({ quantity }) => exact(quantity) },
    ...(before === undefined
      ? []
      : [
          {
            label: "Period before",
            kind: "number" as const,
            cell: (row: Row) => (row.before === undefined ? "–" : exact(row.before)),
          },
        ]),
  ];
  return <Table caption="Quantities" columns={columns} rows={rows.toReversed()} keyOf={({ time }) => time} />;
}

import { INTERVALS } from "../../src/time/interval.ts";
import { LOCAL_ZONE } from "../format/time.ts";
import { dayOf, edgeOfDay, type Range, RANGE_TEXTS, type RangeValues } from "../url/range.ts";
import { SelectField } from "./field.tsx";
import "./range-fields.css";

type Props = {
  values: RangeValues;
  range: Range;
  hrefOf: (changes: Partial<RangeValues>) => string;
  set: (changes: Partial<RangeValues>) => void;
};
const NONE = { start_timestamp: "", end_timestamp: "" };

/** The range of a chart: links for the usual ones, days, the interval and the time zone; all of it is in the address. */
export function RangeFields({ values, range, hrefOf, set }: Props) {
  const { interval, timezone, start_timestamp, end_timestamp } = range.query;
  const isCustom = values.start_timestamp !== "" && values.end_timestamp !== "";
  const days = { from: dayOf(Date.parse(start_timestamp), timezone), to: dayOf(Date.parse(end_timestamp), timezone) };
  const choose = (from: string, to: string) => {
    const edges = {
      start_timestamp: edgeOfDay(from, "first", timezone),
      end_timestamp: edgeOfDay(to, "last", timezone),
    };
    if (edges.start_timestamp !== "" && edges.start_timestamp < edges.end_timestamp) set(edges);
  };
  return (
    <div class="range">
      <Ranges hrefOf={hrefOf} current={isCustom ? null : values.range} />
      <Day label="From" value={days.from} onChange={(from) => choose(from, days.to)} />
      <Day label="To" value={days.to} onChange={(to) => choose(days.from, to)} />
      <SelectField
        label="Interval"
        name="interval"
        value={interval}
        options={INTERVALS}
        onChange={(to) => set({ interval: to })}
      />
      <SelectField
        label="Time zone"
        name="timezone"
        value={timezone}
        options={[...new Set(["UTC", LOCAL_ZONE, timezone])]}
        onChange={(to) => set({ timezone: to })}
      />
    </div>
  );
}

function Ranges({ hrefOf, current }: { hrefOf: Props["hrefOf"]; current: RangeValues["range"] | null }) {
  return (
    <ul class="ranges" aria-label="Range">
      {RANGE_TEXTS.map(([name, text]) => (
        <li key={name}>
          <a href={hrefOf({ ...NONE, range: name, interval: "" })} aria-current={current === name ? "true" : undefined}>
            {text}
          </a>
        </li>
      ))}
    </ul>
  );
}

function Day({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <label class="field">
      <span class="small">{label}</span>
      <input type="date" value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)} />
    </label>
  );
}

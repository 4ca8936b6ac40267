import { useEffect, useState } from "preact/hooks";
import { EdgemeterError, type Schemas } from "../../../client/src/index.ts";
import { Chart } from "../../components/chart/chart.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { CustomerOf } from "../../components/customer-of.tsx";
import { Empty } from "../../components/empty.tsx";
import { SelectField } from "../../components/field.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Amount, Time } from "../../components/values.tsx";
import { type Read, useRead } from "../../data/read.ts";
import { counted, exact } from "../../format/number.ts";
import { api } from "../../session/session.ts";
import { type Range, RANGE_STATE, RANGE_TEXTS, rangeOf } from "../../url/range.ts";

/** Milliseconds after the last change until the preview is asked for. */
const PAUSE = 300;
type Definition = Pick<Schemas["MeterCreate"], "filter" | "aggregation">;
type Answer = Schemas["MeterPreviewQuantities"];
type RangeName = (typeof RANGE_TEXTS)[number][0];

/** What a definition would have counted; it is read when the typing pauses. */
export type PreviewState = {
  read: Read<Answer>;
  range: Range;
  body: Schemas["MeterPreview"];
  name: RangeName;
  setName: (name: RangeName) => void;
};

/** Reads the preview of a definition; null while it is incomplete. */
export function usePreview(definition: Definition | null): PreviewState {
  const [name, setName] = useState<RangeName>("30d");
  const [now] = useState(Date.now);
  const range = rangeOf({ ...fallbacks, range: name }, now);
  const body = { ...(definition ?? EMPTY), ...range.query };
  const text = definition && JSON.stringify(body);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  const key = settled === null ? null : `/v1/meters/preview ${settled}`;
  const read = useRead(key, (signal) => api().post("/v1/meters/preview", { body, signal }));
  return { read, range, body, name, setName };
}

const EMPTY: Definition = { filter: { conjunction: "and", clauses: [] }, aggregation: { func: "count" } };
const fallbacks = {
  start_timestamp: RANGE_STATE.start_timestamp.fallback,
  end_timestamp: RANGE_STATE.end_timestamp.fallback,
  interval: "",
  timezone: RANGE_STATE.timezone.fallback,
} as const;

/** The total, a chart and the first matching events of a definition. */
export function Preview({ preview, isComplete }: { preview: PreviewState; isComplete: boolean }) {
  const { read, body, name, setName } = preview;
  const isTooMuch = read.error instanceof EdgemeterError && read.error.status === 422;
  return (
    <section class="panel stack" aria-label="Preview">
      <div class="row apart">
        <h2>Preview</h2>
        <SelectField label="Of the last" name="preview" value={name} options={RANGE_TEXTS} onChange={setName} />
      </div>
      {isComplete ? (
        <>
          <Loaded read={read} lines={2} height={180}>
            {(data) => <Matches preview={preview} data={data} />}
          </Loaded>
          {isTooMuch && (
            <p class="quiet">Correct what is marked; when too much has to be examined, choose fewer days.</p>
          )}
          <Curl commands={[curlOf("post", "/v1/meters/preview", { body })]} />
        </>
      ) : (
        <Empty>Fill in the conditions and the property: here appears what the meter would have counted.</Empty>
      )}
    </section>
  );
}

function Matches({ preview: { range, body }, data }: { preview: PreviewState; data: Answer }) {
  const { query, times, current } = range;
  const chart = {
    times,
    current,
    interval: query.interval,
    zone: query.timezone,
    isBars: true,
    series: [{ name: "total", values: data.quantities.map(({ quantity }) => quantity) }],
  };
  return (
    <>
      <p class="large">
        <Amount value={data.total} />
      </p>
      <Chart data={chart} label={`Preview: ${exact(data.total)} in all`} unit="" />
      <h3>
        {data.events.length === 10
          ? "The first ten events that match"
          : `${counted(data.events.length, "event")} matched`}
      </h3>
      {data.events.length > 0 && (
        <Table caption="Events that match" columns={columnsOf(body)} rows={data.events} keyOf={({ id }) => id} />
      )}
    </>
  );
}

/** The columns of matching events: the value that is aggregated is one of them. */
function columnsOf({ aggregation }: Schemas["MeterPreview"]): Column<Schemas["Event"]>[] {
  const property = "property" in aggregation ? String(aggregation.property) : null;
  return [
    { label: "Event", cell: ({ id, name }) => <a href={`/console/events/${id}`}><bdi>{name}</bdi></a> }, // prettier-ignore
    { label: "Time", cell: ({ timestamp }) => <Time value={timestamp} /> },
    { label: "Customer", cell: (event) => <CustomerOf event={event} /> },
    ...(property === null
      ? []
      : [{ label: property, kind: "number" as const, cell: (event: Schemas["Event"]) => valueOf(event, property) }]),
  ];
}

function valueOf(event: Schemas["Event"], property: string): string {
  const metadata = event.metadata as Record<string, unknown>;
  const [first = "", ...rest] = property.split(".");
  const nested = rest.length > 0 && typeof metadata[first] === "object" ? (metadata[first] as Record<string, unknown>)[rest.join(".")] : undefined; // prettier-ignore
  const value = nested ?? metadata[property] ?? (event as unknown as Record<string, unknown>)[property];
  return value === undefined
    ? "–"
    : typeof value === "number"
      ? exact(value)
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
}

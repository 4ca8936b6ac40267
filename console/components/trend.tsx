import { useState } from "preact/hooks";
import type { Schemas } from "../../client/src/index.ts";
import { DAY } from "../../src/time/zone.ts";
import { periodOf } from "../../src/time/interval.ts";
import { useGet } from "../data/read.ts";
import { textOf } from "../data/problems.ts";
import { unitOf } from "../format/number.ts";
import { LOCAL_ZONE } from "../format/time.ts";
import { Sparkline } from "./chart/sparkline.tsx";
import { useSeen } from "./seen.ts";
import "./trend.css";
import { Amount } from "./values.tsx";

type Meter = Pick<Schemas["Meter"], "id" | "name" | "unit" | "custom_label" | "aggregation">;
/** Days of a trend, today included. */
const DAYS = 30;

/** What a meter has counted in this month, and a sparkline of the last 30 days. It is read when it comes into view. */
export function Trend({ meter }: { meter: Meter }) {
  const [element, isSeen] = useSeen();
  const [now] = useState(Date.now);
  const month = periodOf(now, "month", LOCAL_ZONE).from;
  const start = Math.min(month, periodOf(now - (DAYS - 1) * DAY, "day", LOCAL_ZONE).from);
  const query = (from: number, interval: "day" | "month") => ({
    start_timestamp: new Date(from).toISOString(),
    end_timestamp: new Date(now).toISOString(),
    interval,
    timezone: LOCAL_ZONE,
  });
  const path = "/v1/meters/{id}/quantities";
  const days = useGet(isSeen ? path : null, { path: { id: meter.id }, query: query(start, "day") });
  // Other quantities than sums can't be computed from those of days.
  const isSum = meter.aggregation.func === "count" || meter.aggregation.func === "sum";
  const whole = useGet(isSeen && !isSum ? path : null, { path: { id: meter.id }, query: query(month, "month") });
  const inMonth = days.data?.quantities.filter(({ timestamp }) => Date.parse(timestamp) >= month);
  const total = isSum ? inMonth?.reduce((sum, { quantity }) => sum + quantity, 0) : whole.data?.total;
  const error = days.error ?? whole.error;
  return (
    <span class="trend" ref={element} aria-busy={isSeen && total === undefined && error === null}>
      {error !== null && <span title={textOf(error)}>not available</span>}
      {total !== undefined && error === null && <Amount value={total} unit={unitOf(meter)} isShort />}
      {days.data && (
        <Sparkline
          values={days.data.quantities.slice(-DAYS).map(({ quantity }) => quantity)}
          label={`${meter.name}: the last ${DAYS} days`}
        />
      )}
    </span>
  );
}

import type { Schemas } from "../../client/src/index.ts";
import { Badge } from "./badge.tsx";
import { CustomerOf } from "./customer-of.tsx";
import { Line } from "./line.tsx";
import { type Column, Table } from "./table.tsx";
import { Time } from "./values.tsx";

type Event = Schemas["Event"];

const NAME: Column<Event> = {
  label: "Name",
  cell: ({ id, name, source, voided_at }) => (
    <span class="row">
      <a href={`/console/events/${id}`}>
        <bdi>{name}</bdi>
      </a>
      {source === "system" && <Badge>system</Badge>}
      {voided_at !== null && <Badge kind="danger">voided</Badge>}
    </span>
  ),
};
const TIME: Column<Event> = {
  label: "Time",
  sorting: "timestamp",
  cell: ({ timestamp }) => <Time value={timestamp} />,
};
const CUSTOMER: Column<Event> = {
  label: "Customer",
  cell: (event) => <CustomerOf event={event} />,
};
const METADATA: Column<Event> = {
  label: "Metadata",
  kind: "text",
  cell: ({ metadata }) => <Line text={inOneLine(metadata)} whole={JSON.stringify(metadata, null, 2)} />,
};

type Props = {
  events: Event[];
  /** The customer is left out where all events are of the same. */
  isOfOneCustomer?: boolean;
  order?: { by: string; hrefOf: (by: string) => string };
};

/** A list of events, each of which links to its page. */
export function EventTable({ events, isOfOneCustomer = false, order }: Props) {
  const columns = [NAME, TIME, ...(isOfOneCustomer ? [] : [CUSTOMER]), METADATA];
  return <Table caption="Events" columns={columns} rows={events} keyOf={({ id }) => id} {...(order && { order })} />;
}

/** The pairs of metadata in one line: model: "haiku", total_tokens: 120. */
function inOneLine(metadata: object): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join(", ");
}

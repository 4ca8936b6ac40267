import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Curl, curlOf } from "../../components/curl.tsx";
import { CustomerOf } from "../../components/customer-of.tsx";
import { Empty } from "../../components/empty.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/values.tsx";
import { usePoll } from "../../data/poll.ts";
import { useGet } from "../../data/read.ts";
import { exact } from "../../format/number.ts";

type Event = Schemas["Event"];
const REQUEST = { query: { limit: 10, cursor: "", sorting: ["-timestamp" as const] } };

const COLUMNS: Column<Event>[] = [
  { label: "Event", cell: ({ id, name }) => <a href={`/console/events/${id}`}><bdi>{name}</bdi></a> }, // prettier-ignore
  { label: "Customer", cell: (event) => <CustomerOf event={event} /> },
  { label: "Time", cell: ({ timestamp }) => <Time value={timestamp} /> },
];

/** The newest events: later ones wait until they are asked for, so that nothing moves under the pointer. */
export function Latest() {
  const events = useGet("/v1/events/", REQUEST);
  usePoll(events);
  return (
    <section class="stack tight" aria-label="Newest events">
      <Loaded read={events} lines={6} height={24}>
        {({ items }) => <Events items={items} />}
      </Loaded>
      <Curl commands={[curlOf("get", "/v1/events/", REQUEST)]} />
    </section>
  );
}

function Events({ items }: { items: Event[] }) {
  const [shown, setShown] = useState(items);
  const rows = shown.length === 0 ? items : shown;
  const known = new Set(rows.map(({ id }) => id));
  const fresh = items.filter(({ id }) => !known.has(id)).length;
  return (
    <>
      <div class="row apart" role="status">
        <h2>Newest events</h2>
        {fresh > 0 && (
          <button type="button" onClick={() => setShown(items)}>
            {fresh === items.length ? `${exact(fresh)} or more new` : `${exact(fresh)} new`}
          </button>
        )}
      </div>
      {rows.length === 0 ? (
        <Empty>No events yet. New events appear here.</Empty>
      ) : (
        <Table caption="Newest events" columns={COLUMNS} rows={rows} keyOf={({ id }) => id} />
      )}
    </>
  );
}

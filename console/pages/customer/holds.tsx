import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Badge } from "../../components/badge.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { Empty } from "../../components/empty.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { MeterLink } from "../../components/meter-link.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Amount, Time } from "../../components/values.tsx";
import { useMeters } from "../../data/meters.ts";
import { useGet } from "../../data/read.ts";
import { api, can } from "../../session/session.ts";

type Hold = Schemas["Hold"];
/** The newest holds, which are all that a person looks at. */
const LIMIT = 20;

/** The customer's newest holds, the open ones of which can be released. */
export function Holds({ customerId }: { customerId: string }) {
  const isAllowed = can("customer_meters:read");
  const request = { query: { customer_id: customerId, limit: LIMIT } };
  const holds = useGet(isAllowed ? "/v1/customer-meters/holds" : null, request);
  const meters = useMeters();
  const [released, setReleased] = useState<Hold | null>(null);
  if (!isAllowed) return null;
  return (
    <section class="stack tight" aria-labelledby="holds">
      <h2 id="holds">Holds</h2>
      <Loaded read={holds} lines={2} height={36}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>No holds. A hold reserves units before work is done.</Empty>
          ) : (
            <Table caption="Holds" columns={columnsOf(meters, setReleased)} rows={items} keyOf={({ id }) => id} />
          )
        }
      </Loaded>
      <Curl commands={[curlOf("get", "/v1/customer-meters/holds", request)]} />
      {released && <ReleaseForm hold={released} onClose={() => setReleased(null)} />}
    </section>
  );
}

function columnsOf(meters: Schemas["Meter"][], onRelease: (hold: Hold) => void): Column<Hold>[] {
  return [
    { label: "Made", cell: ({ created_at }) => <Time value={created_at} /> },
    {
      label: "Status",
      cell: ({ status }) => <Badge kind={status === "open" ? "warning" : "quiet"}>{status}</Badge>,
    },
    { label: "Units", kind: "number", cell: ({ units }) => <Amount value={units} /> },
    { label: "Meter", cell: ({ meter_id }) => <MeterLink id={meter_id} meters={meters} /> },
    { label: "Expires", cell: ({ expires_at }) => <Time value={expires_at} /> },
    {
      label: "Settled by",
      cell: ({ event_id }) => (event_id === null ? "–" : <a href={`/console/events/${event_id}`}>event</a>),
    },
    {
      label: "Actions",
      kind: "actions",
      cell: (hold) =>
        hold.status === "open" && (
          <Action scope="events:write" onClick={() => onRelease(hold)}>
            Release
          </Action>
        ),
    },
  ];
}

function ReleaseForm({ hold, onClose }: { hold: Hold; onClose: () => void }) {
  return (
    <Confirm
      title="Release the hold"
      verb="Release"
      done="The hold is released."
      send={() => api().post("/v1/customer-meters/holds/{id}/release", { path: { id: hold.id } })}
      changes={["/v1/customer-meters/"]}
      onClose={onClose}
    >
      Its <Amount value={hold.units} /> units are available again. What they were reserved for can't settle it any more.
    </Confirm>
  );
}

import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Badge } from "../../components/badge.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Empty } from "../../components/empty.tsx";
import { SelectField } from "../../components/field.tsx";
import { Line } from "../../components/line.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Pager } from "../../components/pager.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/values.tsx";
import { usePoll } from "../../data/poll.ts";
import { useGet } from "../../data/read.ts";
import { api } from "../../session/session.ts";
import { choice, pageNumber, type UrlState, useUrlState } from "../../url/state.ts";

type Delivery = Schemas["WebhookDelivery"];
const LIMIT = 50;
const URL_STATE = { succeeded: choice(["", "true", "false"], ""), page: pageNumber() };
const RESULTS = [
  ["", "All"],
  ["true", "Succeeded"],
  ["false", "Failed"],
] as const;

const COLUMNS: Column<Delivery>[] = [
  { label: "Event", cell: ({ webhook_event: { type } }) => type },
  { label: "Time", cell: ({ created_at }) => <Time value={created_at} /> },
  {
    label: "Answer",
    cell: ({ succeeded, http_code }) => (
      <Badge kind={succeeded ? "success" : "danger"}>{http_code === null ? "no answer" : String(http_code)}</Badge>
    ),
  },
  {
    label: "Its text",
    cell: ({ response }) => <Line text={response ?? "–"} />,
  },
];

/** The attempts to deliver events to an endpoint, the newest first. */
export function Deliveries({ endpointId }: { endpointId: string }) {
  const state = useUrlState(URL_STATE);
  const { succeeded, page } = state.values;
  const isAll = succeeded === "";
  const query = { endpoint_id: endpointId, succeeded: isAll ? null : succeeded === "true", page, limit: LIMIT };
  const deliveries = useGet("/v1/webhooks/deliveries", { query });
  usePoll(deliveries);
  return (
    <section class="stack tight" aria-labelledby="deliveries">
      <h2 id="deliveries">Deliveries</h2>
      <div class="filters">
        <SelectField
          label="Result"
          name="succeeded"
          value={succeeded}
          onChange={(to) => state.set({ succeeded: to })}
          options={RESULTS}
        />
      </div>
      <Loaded read={deliveries} lines={3} height={36}>
        {(list) => <List state={state} list={list} />}
      </Loaded>
    </section>
  );
}

type ListProps = { state: UrlState<typeof URL_STATE>; list: Schemas["ListResource_WebhookDelivery_"] };

function List({ state, list: { items, pagination } }: ListProps) {
  const { succeeded, page } = state.values;
  const [sentAgain, setSentAgain] = useState<Delivery | null>(null);
  if (items.length === 0 && page === 1) {
    return (
      <Empty>
        {succeeded ? "No attempt is like that." : "There was no attempt in the last 90 days. Send a test to see one."}
      </Empty>
    );
  }
  return (
    <>
      <Table caption="Deliveries" columns={[...COLUMNS, again(setSentAgain)]} rows={items} keyOf={({ id }) => id} />
      <Pager page={page} limit={LIMIT} total={pagination.total_count} hrefOf={(to) => state.hrefOf({ page: to })} />
      {sentAgain && <Redeliver delivery={sentAgain} onClose={() => setSentAgain(null)} />}
    </>
  );
}

const again = (onOpen: (delivery: Delivery) => void): Column<Delivery> => ({
  label: "Actions",
  kind: "actions",
  cell: (delivery) => (
    <Action
      scope="webhooks:write"
      reason={delivery.webhook_event.is_archived ? "Its payload is deleted after 30 days." : null}
      onClick={() => onOpen(delivery)}
    >
      Redeliver
    </Action>
  ),
});

function Redeliver({ delivery: { webhook_event: event }, onClose }: { delivery: Delivery; onClose: () => void }) {
  return (
    <Confirm
      title="Redeliver"
      verb="Redeliver"
      done="The event is sent again."
      send={() => api().post("/v1/webhooks/events/{id}/redeliver", { path: { id: event.id } })}
      changes={["/v1/webhooks/deliveries"]}
      onClose={onClose}
    >
      {event.type} is sent again with its first payload and id, to every enabled endpoint that names its type now.
    </Confirm>
  );
}

import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Badge } from "../../components/badge.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { Empty } from "../../components/empty.tsx";
import { CustomerById } from "../../components/customer-by-id.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { MeterLink } from "../../components/meter-link.tsx";
import { Page } from "../../components/page.tsx";
import { Pager } from "../../components/pager.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/values.tsx";
import { useMeters } from "../../data/meters.ts";
import { useGet } from "../../data/read.ts";
import { pageNumber, useUrlState } from "../../url/state.ts";
import { NewAlert } from "./new.tsx";
import { conditionOf } from "./texts.ts";

const LIMIT = 50;
const URL_STATE = { page: pageNumber() };

/** The list of alerts. */
export default function AlertsPage() {
  const state = useUrlState(URL_STATE);
  const { page } = state.values;
  const [isCreating, setCreating] = useState(false);
  const meters = useMeters();
  const request = { query: { page, limit: LIMIT } };
  const alerts = useGet("/v1/alerts", request);
  const create = (
    <Action kind="primary" scope="alerts:write" onClick={() => setCreating(true)}>
      New alert
    </Action>
  );
  return (
    <Page title="Alerts" actions={create} refused={state.refused}>
      <Loaded read={alerts} lines={4} height={36}>
        {({ items, pagination }) =>
          items.length === 0 && page === 1 ? (
            <Empty>
              No alerts yet. An alert triggers once when a customer's balance on a meter reaches a threshold.
            </Empty>
          ) : (
            <>
              <Table caption="Alerts" columns={columnsOf(meters)} rows={items} keyOf={({ id }) => id} />
              <Pager
                page={page}
                limit={LIMIT}
                total={pagination.total_count}
                hrefOf={(to) => state.hrefOf({ page: to })}
              />
            </>
          )
        }
      </Loaded>
      <Curl commands={[curlOf("get", "/v1/alerts", request)]} />
      {isCreating && <NewAlert onClose={() => setCreating(false)} />}
    </Page>
  );
}

function columnsOf(meters: Schemas["Meter"][]): Column<Schemas["Alert"]>[] {
  return [
    {
      label: "Name",
      cell: ({ id, name, enabled }) => (
        <span class="row">
          <a href={`/console/alerts/${id}`}>
            <bdi>{name}</bdi>
          </a>
          {!enabled && <Badge>disabled</Badge>}
        </span>
      ),
    },
    { label: "Triggers when", kind: "text", cell: conditionOf },
    { label: "Meter", cell: ({ meter_id }) => <MeterLink id={meter_id} meters={meters} /> },
    {
      label: "Customer",
      cell: ({ customer_id: id }) => (id === null ? "every customer" : <CustomerById id={id} />),
    },
    { label: "Created", cell: ({ created_at }) => <Time value={created_at} /> },
  ];
}

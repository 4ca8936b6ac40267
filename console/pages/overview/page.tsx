import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Page } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Trend } from "../../components/trend.tsx";
import { useGet, useRead } from "../../data/read.ts";
import { exact } from "../../format/number.ts";
import { api, can } from "../../session/session.ts";
import { Checklist } from "./checklist.tsx";
import { Latest } from "./latest.tsx";
import { Storage } from "./storage.tsx";

/** Meters that are shown here. */
const METERS = 8;
const METERS_REQUEST = { query: { limit: METERS, is_archived: false, sorting: ["-created_at" as const] } };

/** The first page: what to do until there is a quantity, then what is going on. */
export default function OverviewPage() {
  const mayRead = can("meters:read", "meters:write");
  const meters = useGet(mayRead ? "/v1/meters/" : null, METERS_REQUEST);
  const { items = [], pagination } = meters.data ?? {};
  // More meters than fit here are not those of a beginner, even where the latest have counted nothing yet.
  const isLarge = (pagination?.total_count ?? 0) > METERS;
  const key = meters.data ? `/v1/meters/ begun ${isLarge} ${JSON.stringify(items.map(({ id }) => id))}` : null;
  const begun = useRead(key, async (signal) => isLarge || hasCounted(items, signal));
  const create = (
    <Action kind="primary" scope="meters:write" href="/console/meters/new">
      New meter
    </Action>
  );
  return (
    <Page title="Overview" actions={create}>
      {!mayRead && <p class="quiet">This token may not read meters: it lacks the scope meters:read.</p>}
      {mayRead && (
        <Loaded read={meters} lines={6} height={36}>
          {(list) => (
            <Loaded read={begun} lines={6} height={36}>
              {(hasBegun) =>
                hasBegun ? (
                  <Meters list={list} />
                ) : (
                  <Checklist meter={list.items.at(-1)} onChange={() => begun.reload()} />
                )
              }
            </Loaded>
          )}
        </Loaded>
      )}
      <div class="columns">
        {can("events:read", "events:write") && <Latest />}
        <Storage />
      </div>
    </Page>
  );
}

/** Whether any of some meters has counted anything. */
async function hasCounted(meters: Schemas["Meter"][], signal: AbortSignal): Promise<boolean> {
  const range = {
    start_timestamp: "2023-01-01T00:00:00Z",
    end_timestamp: new Date().toISOString(),
    interval: "total" as const,
  };
  for (const { id } of meters) {
    const { total } = await api().get("/v1/meters/{id}/quantities", { path: { id }, query: range, signal });
    if (total !== 0) return true;
  }
  return false;
}

const COLUMNS: Column<Schemas["Meter"]>[] = [
  { label: "Meter", cell: ({ id, name }) => <a href={`/console/meters/${id}`}><bdi>{name}</bdi></a> }, // prettier-ignore
  { label: "This month, and the last 30 days", kind: "number", cell: (meter) => <Trend meter={meter} /> },
];

function Meters({ list: { items, pagination } }: { list: Schemas["ListResource_Meter_"] }) {
  return (
    <section class="stack tight" aria-label="Meters">
      <h2>Meters</h2>
      <Table caption="The latest meters" columns={COLUMNS} rows={items} keyOf={({ id }) => id} />
      {pagination.total_count > items.length && (
        <p>
          <a href="/console/meters">All {exact(pagination.total_count)} meters</a>
        </p>
      )}
      <Curl commands={[curlOf("get", "/v1/meters/", METERS_REQUEST)]} />
    </section>
  );
}

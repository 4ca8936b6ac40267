import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Badge } from "../../components/badge.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { aggregationText, filterText } from "../../components/definition.tsx";
import { Empty } from "../../components/empty.tsx";
import { SelectField } from "../../components/field.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Page } from "../../components/page.tsx";
import { Pager } from "../../components/pager.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Trend } from "../../components/trend.tsx";
import { Time } from "../../components/values.tsx";
import { useGet } from "../../data/read.ts";
import { choice, pageNumber, text, type UrlState, useUrlState } from "../../url/state.ts";

const LIMIT = 50;
const URL_STATE = {
  query: text(),
  is_archived: choice(["false", "true", "all"], "false"),
  sorting: choice(["name", "-name", "created_at", "-created_at"], "name"),
  page: pageNumber(),
};
const SHOWN = [
  ["false", "In use"],
  ["true", "Archived"],
  ["all", "All"],
] as const;

const COLUMNS: Column<Schemas["Meter"]>[] = [
  {
    label: "Name",
    sorting: "name",
    cell: ({ id, name, archived_at }) => (
      <span class="row">
        <a href={`/console/meters/${id}`}>
          <bdi>{name}</bdi>
        </a>
        {archived_at && <Badge>archived</Badge>}
      </span>
    ),
  },
  { label: "This month, and the last 30 days", kind: "number", cell: (meter) => <Trend meter={meter} /> },
  {
    label: "Counts",
    kind: "text",
    cell: ({ aggregation, filter }) => (
      <span class="small">
        <bdi>{aggregationText(aggregation)}</bdi>
        <span class="quiet">
          {" where "}
          <bdi>{filterText(filter)}</bdi>
        </span>
      </span>
    ),
  },
  { label: "Created", sorting: "created_at", cell: ({ created_at }) => <Time value={created_at} /> },
];

/** The list of meters. */
export default function MetersPage() {
  const state = useUrlState(URL_STATE);
  const { query, is_archived, sorting, page } = state.values;
  const request = {
    query: {
      query: query || null,
      is_archived: is_archived === "all" ? null : is_archived === "true",
      sorting: [sorting],
      page,
      limit: LIMIT,
    },
  };
  const meters = useGet("/v1/meters/", request);
  const create = (
    <Action kind="primary" scope="meters:write" href="/console/meters/new">
      New meter
    </Action>
  );
  return (
    <Page title="Meters" actions={create} refused={state.refused}>
      <Filters state={state} />
      <Loaded read={meters} lines={8} height={36}>
        {(list) => <List state={state} list={list} />}
      </Loaded>
      <Curl commands={[curlOf("get", "/v1/meters/", request)]} />
    </Page>
  );
}

type State = UrlState<typeof URL_STATE>;

function List({ state, list }: { state: State; list: Schemas["ListResource_Meter_"] }) {
  const { query, is_archived, sorting, page } = state.values;
  const { items, pagination } = list;
  if (items.length === 0 && page === 1) {
    const isFiltered = query !== "" || is_archived !== "false";
    return (
      <Empty>{isFiltered ? "No meter matches." : "No meters yet. A meter filters events and aggregates them."}</Empty>
    );
  }
  return (
    <>
      <Table
        caption="Meters"
        columns={COLUMNS}
        rows={items}
        keyOf={({ id }) => id}
        order={{ by: sorting, hrefOf: (by) => state.hrefOf({ sorting: by as typeof sorting }) }}
      />
      <Pager page={page} limit={LIMIT} total={pagination.total_count} hrefOf={(to) => state.hrefOf({ page: to })} />
    </>
  );
}

function Filters({ state: { values, set } }: { state: State }) {
  return (
    <div class="filters">
      <FilterField
        label="Name contains"
        name="query"
        value={values.query}
        onChange={(query) => set({ query }, { replace: true })}
      />
      <SelectField
        label="Show"
        name="is_archived"
        value={values.is_archived}
        onChange={(is_archived) => set({ is_archived })}
        options={SHOWN}
      />
    </div>
  );
}

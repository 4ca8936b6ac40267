import { useLocation } from "preact-iso/router";
import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Csv } from "../../components/csv.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { CustomerForm } from "../../components/customer-form.tsx";
import { Empty } from "../../components/empty.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Page } from "../../components/page.tsx";
import { Pager } from "../../components/pager.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { announce } from "../../components/toast.tsx";
import { Time } from "../../components/values.tsx";
import { useGet } from "../../data/read.ts";
import { counted } from "../../format/number.ts";
import { choice, pageNumber, text, type UrlState, useUrlState } from "../../url/state.ts";

const LIMIT = 50;
const URL_STATE = {
  query: text(),
  sorting: choice(["-created_at", "created_at", "name", "-name", "email", "-email"], "-created_at"),
  page: pageNumber(),
};

const COLUMNS: Column<Schemas["Customer"]>[] = [
  {
    label: "Name",
    sorting: "name",
    cell: ({ id, name, email }) => (
      <a href={`/console/customers/${id}`}>
        <bdi>{name || email}</bdi>
      </a>
    ),
  },
  { label: "Your own id", cell: ({ external_id }) => <bdi>{external_id ?? "–"}</bdi> },
  { label: "E-mail address", sorting: "email", cell: ({ email }) => <bdi>{email}</bdi> },
  { label: "First event", cell: ({ first_user_event_at }) => <Time value={first_user_event_at} /> },
  { label: "Created", sorting: "created_at", cell: ({ created_at }) => <Time value={created_at} /> },
];

/** The list of customers. */
export default function CustomersPage() {
  const [isCreating, setCreating] = useState(false);
  const state = useUrlState(URL_STATE);
  const { query, sorting, page } = state.values;
  const request = { query: { query: query || null, sorting: [sorting], page, limit: LIMIT } };
  const customers = useGet("/v1/customers/", request);
  const actions = (
    <>
      <Csv path="/v1/customers/" init={request} />
      <Action kind="primary" scope="customers:write" onClick={() => setCreating(true)}>
        New customer
      </Action>
    </>
  );
  return (
    <Page title="Customers" actions={actions} refused={state.refused}>
      <div class="filters">
        <FilterField
          label="Search customers"
          placeholder="name, e-mail address or your own id"
          name="query"
          value={query}
          onChange={(value) => state.set({ query: value }, { replace: true })}
        />
      </div>
      <Loaded read={customers} lines={8} height={36}>
        {(list) => <List state={state} list={list} />}
      </Loaded>
      <Curl commands={[curlOf("get", "/v1/customers/", request)]} />
      {isCreating && <NewCustomer onClose={() => setCreating(false)} />}
    </Page>
  );
}

function NewCustomer({ onClose }: { onClose: () => void }) {
  const { route } = useLocation();
  const show = ({ id }: Schemas["Customer"]) => {
    announce("The customer is created.");
    route(`/console/customers/${id}`);
  };
  return <CustomerForm onClose={onClose} onDone={show} />;
}

type ListProps = { state: UrlState<typeof URL_STATE>; list: Schemas["ListResource_Customer_"] };

function List({ state, list: { items, pagination } }: ListProps) {
  const { query, sorting, page } = state.values;
  if (items.length === 0 && page === 1) {
    return (
      <Empty>
        {query
          ? "No customer is like that."
          : "No customers yet. Events count in meters without one; balances, holds and alerts need one."}
      </Empty>
    );
  }
  const total = "total_count" in pagination ? pagination.total_count : items.length;
  return (
    <>
      <p class="quiet">{counted(total, "customer")}</p>
      <Table
        caption="Customers"
        columns={COLUMNS}
        rows={items}
        keyOf={({ id }) => id}
        order={{ by: sorting, hrefOf: (by) => state.hrefOf({ sorting: by as typeof sorting }) }}
      />
      <Pager page={page} limit={LIMIT} total={total} hrefOf={(to) => state.hrefOf({ page: to })} />
    </>
  );
}

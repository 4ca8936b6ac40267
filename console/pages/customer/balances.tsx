import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { Empty } from "../../components/empty.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Pager } from "../../components/pager.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Amount } from "../../components/values.tsx";
import { type Read, useRead } from "../../data/read.ts";
import { unitOf } from "../../format/number.ts";
import { api, can, lack } from "../../session/session.ts";
import { type UrlState, useUrlState } from "../../url/state.ts";
import { Bar } from "./bar.tsx";
import { Credit } from "./credit.tsx";
import { Reset } from "./reset.tsx";
import { BALANCES, URL_STATE } from "./url.ts";
import { Usage } from "./usage.tsx";

type Balance = Schemas["CustomerMeter"];
type BalancePage = {
  items: Balance[];
  /** Of all pages. */
  total: number;
  /** What was asked for. */
  query: { customer_id: string; sorting: "meter_name"[]; limit: number; page?: number; meter_id?: string[] };
};

/** What is left of each meter, and how the customer used the one that the address names. */
export function Balances({ customerId }: { customerId: string }) {
  const state = useUrlState(URL_STATE);
  const { meter_id, page } = state.values;
  const missing = lack("customer_meters:read");
  const balances = useBalances(customerId, page);
  const shown = balances.data?.items.find((each) => each.meter_id === meter_id) ?? balances.data?.items[0];
  return (
    <>
      <section class="stack tight" aria-labelledby="balances">
        <h2 id="balances">Balances</h2>
        {missing !== null ? (
          <Empty>{missing}</Empty>
        ) : (
          <Loaded read={balances} lines={4} height={36}>
            {(list) => <List state={state} list={list} shown={shown?.meter_id} />}
          </Loaded>
        )}
      </section>
      {shown && <Usage key={shown.meter_id} customerId={customerId} meter={shown.meter} />}
    </>
  );
}

/** A page of balances by the names of the meters, which are read first: the filters of all can be too much for one list. */
function useBalances(customerId: string, page: number): Read<BalancePage> {
  const key = can("customer_meters:read") ? `/v1/customer-meters/ of ${customerId}, page ${page}` : null;
  return useRead<BalancePage>(key, async (signal) => {
    const query = { customer_id: customerId, sorting: ["meter_name" as const], limit: BALANCES };
    if (!can("meters:read", "meters:write")) return readBalances({ ...query, page }, signal);
    const inUse = { is_archived: false, sorting: ["name" as const], page, limit: BALANCES };
    const meters = await api().get("/v1/meters/", { query: inUse, signal });
    const total = meters.pagination.total_count;
    if (meters.items.length === 0) return { items: [], total, query };
    return { ...(await readBalances({ ...query, meter_id: meters.items.map(({ id }) => id) }, signal)), total };
  });
}

async function readBalances(query: BalancePage["query"], signal: AbortSignal): Promise<BalancePage> {
  const { items, pagination } = await api().get("/v1/customer-meters/", { query, signal });
  return { items, total: "total_count" in pagination ? pagination.total_count : items.length, query };
}

type ListProps = {
  state: UrlState<typeof URL_STATE>;
  list: BalancePage;
  /** The id of the meter whose usage is shown. */
  shown: string | undefined;
};

function List({ state, list: { items, total, query }, shown }: ListProps) {
  const { page } = state.values;
  const [open, setOpen] = useState<{ Form: typeof Credit; balance: Balance } | null>(null);
  if (items.length === 0 && page === 1) {
    return <Empty action={<a href="/console/meters/new">New meter</a>}>There is no meter to have a balance on.</Empty>;
  }
  const name: Column<Balance> = {
    label: "Meter",
    cell: ({ meter: { id, name: text } }) => (
      <a href={state.hrefOf({ meter_id: id, page })} aria-current={id === shown ? "true" : undefined}>
        <bdi>{text}</bdi>
      </a>
    ),
  };
  const actions: Column<Balance> = {
    label: "Actions",
    kind: "actions",
    cell: (balance) => (
      <span class="row nowrap">
        <Action scope="customer_meters:write" onClick={() => setOpen({ Form: Credit, balance })}>
          Credit
        </Action>
        <Action scope="customer_meters:write" onClick={() => setOpen({ Form: Reset, balance })}>
          Reset
        </Action>
      </span>
    ),
  };
  return (
    <>
      <Table caption="Balances" columns={[name, ...NUMBERS, actions]} rows={items} keyOf={({ id }) => id} />
      <Pager page={page} limit={BALANCES} total={total} hrefOf={(to) => state.hrefOf({ page: to })} />
      <Curl commands={[curlOf("get", "/v1/customer-meters/", { query })]} />
      {open && <open.Form balance={open.balance} onClose={() => setOpen(null)} />}
    </>
  );
}

const NUMBERS: Column<Balance>[] = [
  {
    label: "Balance",
    kind: "number",
    cell: ({ balance, meter }) => (
      <b class={balance < 0 ? "negative" : undefined}>
        <Amount value={balance} unit={unitOf(meter)} />
      </b>
    ),
  },
  { label: "Left of what was credited", cell: (balance) => <Bar balance={balance} /> },
  { label: "Credited", kind: "number", cell: ({ credited_units }) => <Amount value={credited_units} /> },
  { label: "Consumed", kind: "number", cell: ({ consumed_units }) => <Amount value={consumed_units} /> },
  { label: "Held", kind: "number", cell: ({ held_units }) => <Amount value={held_units} /> },
];

import type { Schemas } from "../../../client/src/index.ts";
import { CustomerById } from "../../components/customer-by-id.tsx";
import { Empty } from "../../components/empty.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Pager } from "../../components/pager.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Amount, Time } from "../../components/values.tsx";
import { usePoll } from "../../data/poll.ts";
import { useGet } from "../../data/read.ts";
import { exact } from "../../format/number.ts";
import { pageNumber, useUrlState } from "../../url/state.ts";

const LIMIT = 50;
const URL_STATE = { page: pageNumber() };

const COLUMNS: Column<Schemas["AlertTrigger"]>[] = [
  { label: "Time", cell: ({ created_at }) => <Time value={created_at} /> },
  {
    label: "Customer",
    cell: ({ customer_id }) => <CustomerById id={customer_id} />,
  },
  { label: "Thresholds", kind: "number", cell: ({ thresholds }) => thresholds.map(exact).join(", ") },
  { label: "Value", kind: "number", cell: ({ value }) => <Amount value={value} /> },
  { label: "Last reset before", cell: ({ since }) => <Time value={since} /> },
];

/** When customers have reached thresholds of an alert, the newest first. */
export function Triggers({ id }: { id: string }) {
  const state = useUrlState(URL_STATE);
  const { page } = state.values;
  const triggers = useGet("/v1/alerts/{id}/triggers", { path: { id }, query: { page, limit: LIMIT } });
  usePoll(triggers);
  return (
    <section class="stack tight" aria-labelledby="triggers">
      <h2 id="triggers">Triggers</h2>
      <Loaded read={triggers} lines={3} height={36}>
        {({ items, pagination }) =>
          items.length === 0 && page === 1 ? (
            <Empty>It has not triggered in the last 90 days.</Empty>
          ) : (
            <>
              <Table caption="Triggers" columns={COLUMNS} rows={items} keyOf={(trigger) => trigger.id} />
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
    </section>
  );
}

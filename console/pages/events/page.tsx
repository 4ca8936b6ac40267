import type { Schemas } from "../../../client/src/index.ts";
import { Csv } from "../../components/csv.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { Empty } from "../../components/empty.tsx";
import { EventTable } from "../../components/event-table.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Page } from "../../components/page.tsx";
import { Pager } from "../../components/pager.tsx";
import { useGet } from "../../data/read.ts";
import { counted } from "../../format/number.ts";
import { useUrlState } from "../../url/state.ts";
import { Filters } from "./filters.tsx";
import { LIMIT, requestOf, type State, URL_STATE } from "./url.ts";

/** The list of events. */
export default function EventsPage() {
  const state = useUrlState(URL_STATE);
  const request = requestOf(state);
  const events = useGet("/v1/events/", request);
  const actions = (
    <>
      <button type="button" onClick={() => events.reload()}>
        Reload
      </button>
      <Csv path="/v1/events/" init={request} />
    </>
  );
  return (
    <Page title="Events" actions={actions} refused={state.refused}>
      <Filters state={state} />
      <Loaded read={events} lines={12} height={36}>
        {(list) => <List state={state} list={list} />}
      </Loaded>
      <Curl commands={[curlOf("get", "/v1/events/", request)]} />
    </Page>
  );
}

function List({ state, list: { items, pagination } }: { state: State; list: Schemas["ListResource_Event_"] }) {
  const { page, sorting, ...filters } = state.values;
  if (items.length === 0 && page === 1) {
    return Object.values(filters).some(Boolean) ? (
      <Empty action={<a href="/console/events">Remove the filters</a>}>No event is like that.</Empty>
    ) : (
      <Empty action={<a href="/console/">See how to send one</a>}>No event has been sent yet.</Empty>
    );
  }
  const total = "total_count" in pagination ? pagination.total_count : items.length;
  return (
    <>
      <p class="quiet">{counted(total, "event")}</p>
      <EventTable
        events={items}
        order={{ by: sorting, hrefOf: (by) => state.hrefOf({ sorting: by as typeof sorting }) }}
      />
      <Pager page={page} limit={LIMIT} total={total} hrefOf={(to) => state.hrefOf({ page: to })} />
    </>
  );
}

import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Badge } from "../../components/badge.tsx";
import { Csv } from "../../components/csv.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { aggregationText, filterText } from "../../components/definition.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Page } from "../../components/page.tsx";
import { Quantities, Total } from "../../components/quantities.tsx";
import { RangeFields } from "../../components/range-fields.tsx";
import { useGet } from "../../data/read.ts";
import type { PageProps } from "../../routes.tsx";
import { edgesOf, type Range, rangeBefore, rangeOf } from "../../url/range.ts";
import { type UrlState, useUrlState } from "../../url/state.ts";
import { Archive } from "./archive.tsx";
import { Edit } from "./edit.tsx";
import { Grouping } from "./grouping.tsx";
import { URL_STATE } from "./url.ts";

const PARENT = { href: "/console/meters", name: "Meters" };

/** A meter: what it counts, and its quantities over time. */
export default function MeterPage({ params: { id = "" } }: PageProps) {
  const state = useUrlState(URL_STATE);
  const meter = useGet("/v1/meters/{id}", { path: { id } });
  const [open, setOpen] = useState<"edit" | "archive" | null>(null);
  const { data } = meter;
  const actions = data && (
    <>
      <Action scope="meters:write" onClick={() => setOpen("edit")}>
        Edit
      </Action>
      <Action scope="meters:write" onClick={() => setOpen("archive")}>
        {data.archived_at === null ? "Archive" : "Restore"}
      </Action>
    </>
  );
  return (
    <Page title={data?.name ?? "Meter"} parent={PARENT} actions={actions} refused={state.refused}>
      <Loaded read={meter} lines={10} height={36}>
        {(shown) => (
          <>
            <Definition meter={shown} />
            <Usage meter={shown} state={state} />
            {open === "edit" && <Edit meter={shown} onClose={() => setOpen(null)} />}
            {open === "archive" && <Archive meter={shown} onClose={() => setOpen(null)} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Definition({ meter: { filter, aggregation, archived_at } }: { meter: Schemas["Meter"] }) {
  return (
    <p class="row">
      {archived_at && <Badge kind="warning">archived</Badge>}
      <span>
        <bdi>{aggregationText(aggregation)}</bdi>
        <span class="quiet">
          {" where "}
          <bdi>{filterText(filter)}</bdi>
        </span>
      </span>
    </p>
  );
}

type State = UrlState<typeof URL_STATE>;

/** The request for the quantities of a range, of the customer and in the groups that the address names. */
function requestOf(id: string, values: State["values"], query: Range["query"]) {
  return {
    path: { id },
    query: {
      ...query,
      customer_id: values.customer_id || null,
      external_customer_id: values.external_customer_id || null,
      ...(values.group_by !== "" && { group_by: values.group_by, group_limit: 20 }),
    },
  };
}

function Usage({ meter, state }: { meter: Schemas["Meter"]; state: State }) {
  const { values, set, hrefOf } = state;
  const [now] = useState(Date.now);
  const range = rangeOf(values, now);
  const path = "/v1/meters/{id}/quantities";
  const request = requestOf(meter.id, values, range.query);
  const quantities = useGet(path, request);
  const earlier = requestOf(meter.id, { ...values, group_by: "" }, rangeBefore(range));
  const before = useGet(values.compare ? path : null, earlier);
  return (
    <>
      <Total meter={meter} data={quantities.data} before={values.compare ? before.data : undefined} />
      <RangeFields values={values} range={range} hrefOf={hrefOf} set={set} />
      <Grouping state={state} dimensions={meter.dimensions ?? []} />
      {range.isShortened && (
        <p class="quiet" role="status">
          The range begins later: the interval {range.query.interval} does not go further back.
        </p>
      )}
      <Loaded read={quantities} lines={1} height={420}>
        {(data) => (
          <Quantities
            meter={meter}
            range={range}
            data={data}
            before={values.compare ? before.data : undefined}
            actions={<Csv path={path} init={request} />}
            onRange={(from, to) => set(edgesOf(range, from, to))}
          />
        )}
      </Loaded>
      <Curl commands={[curlOf("get", path, request), ...(values.compare ? [curlOf("get", path, earlier)] : [])]} />
    </>
  );
}

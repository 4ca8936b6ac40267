import { useMemo, useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Csv } from "../../components/csv.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { Empty } from "../../components/empty.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Quantities, Total } from "../../components/quantities.tsx";
import { RangeFields } from "../../components/range-fields.tsx";
import { useGet } from "../../data/read.ts";
import { can, lack } from "../../session/session.ts";
import { edgesOf, rangeOf } from "../../url/range.ts";
import { useUrlState } from "../../url/state.ts";
import { URL_STATE } from "./url.ts";

type Props = { customerId: string; meter: Schemas["Meter"] };
const PATH = "/v1/meters/{id}/quantities";

/** What a customer used of a meter over time. */
export function Usage({ customerId, meter }: Props) {
  return (
    <section class="stack" aria-labelledby="usage">
      <h2 id="usage">
        Usage of{" "}
        <a href={`/console/meters/${meter.id}?customer_id=${customerId}`}>
          <bdi>{meter.name}</bdi>
        </a>
      </h2>
      {can("meters:read", "meters:write") ? (
        <Charted customerId={customerId} meter={meter} />
      ) : (
        <Empty>{lack("meters:read")}</Empty>
      )}
    </section>
  );
}

function Charted({ customerId, meter }: Props) {
  const { values, hrefOf, set } = useUrlState(URL_STATE);
  const { page } = values;
  const [now] = useState(Date.now);
  const range = useMemo(() => rangeOf(values, now), [values, now]);
  const request = { path: { id: meter.id }, query: { ...range.query, customer_id: customerId } };
  const quantities = useGet(PATH, request);
  return (
    <>
      <Total meter={meter} data={quantities.data} />
      <RangeFields
        values={values}
        range={range}
        hrefOf={(changes) => hrefOf({ ...changes, page })}
        set={(changes) => set({ ...changes, page })}
      />
      <Loaded read={quantities} lines={1} height={300}>
        {(data) => (
          <Quantities
            meter={meter}
            range={range}
            data={data}
            actions={<Csv path={PATH} init={request} />}
            onRange={(from, to) => set({ ...edgesOf(range, from, to), page })}
          />
        )}
      </Loaded>
      <Curl commands={[curlOf("get", PATH, request)]} />
    </>
  );
}

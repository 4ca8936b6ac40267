import { Loaded } from "../../components/loaded.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { useGet } from "../../data/read.ts";
import { bytes, counted, exact } from "../../format/number.ts";
import "./overview.css";

/** Where the organization's data is, how large it is, and how far the meters' rollups are behind. */
export function Storage() {
  const organization = useGet("/v1/organization");
  return (
    <section class="stack tight" aria-label="Storage">
      <h2>Storage</h2>
      <Loaded read={organization} lines={3}>
        {({ store, bytes: size, meters }) => {
          const behind = meters.filter(({ events_behind }) => events_behind > 0);
          const most = Math.max(0, ...behind.map(({ events_behind }) => events_behind));
          return (
            <dl class="facts">
              <dt>Database</dt>
              <dd>{store === "d1" ? "D1, shared with other organizations" : "an object of its own"}</dd>
              <dt>Size</dt>
              <dd title={size === null ? undefined : `${exact(size)} bytes`}>
                {size === null ? "not known for one organization in D1" : bytes(size)}
              </dd>
              <dt>Lag of rollups</dt>
              <dd>
                {behind.length === 0
                  ? `none: all ${counted(meters.length, "meter")} are up to date`
                  : `${counted(behind.length, "meter")} of ${exact(meters.length)}, at most ${counted(most, "event")}; they count all the same`}
              </dd>
            </dl>
          );
        }}
      </Loaded>
      <Curl commands={[curlOf("get", "/v1/organization")]} />
    </section>
  );
}

import type { Schemas } from "../../../client/src/index.ts";
import { Badge } from "../../components/badge.tsx";
import { Empty } from "../../components/empty.tsx";
import { CheckField } from "../../components/field.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Pager } from "../../components/pager.tsx";
import { Amount } from "../../components/values.tsx";
import { useGet } from "../../data/read.ts";
import { can, lack } from "../../session/session.ts";
import { flag, pageNumber, useUrlState } from "../../url/state.ts";
import { FilterTree } from "./filter-tree.tsx";
import "./meters.css";

/** Meters on a page. */
export const METERS = 20;
const URL_STATE = { archived: flag(), page: pageNumber() };
type Explained = Schemas["MeterExplanation"];

/** Each meter with what the event adds to it, or why it does not count the event. */
export function Meters({ id }: { id: string }) {
  const state = useUrlState(URL_STATE);
  const { archived, page } = state.values;
  const query = { archived, page, limit: METERS };
  const missing = can("meters:read") ? lack("events:read") : lack("meters:read");
  const explained = useGet(missing === null ? "/v1/events/{id}/meters" : null, { path: { id }, query });
  return (
    <section class="stack tight" aria-labelledby="meters">
      <div class="row apart">
        <h2 id="meters">Meters: which count it, and why</h2>
        <CheckField label="Archived ones too" value={archived} onChange={(value) => state.set({ archived: value })} />
      </div>
      {missing !== null ? (
        <Empty>{missing}</Empty>
      ) : (
        <Loaded read={explained} lines={3} height={72}>
          {({ items, pagination }) => (
            <>
              {items.length === 0 && <Empty action={<a href="/console/meters/new">New meter</a>}>No meters yet.</Empty>}
              <ul class="explained">
                {items.map((item) => (
                  <Meter key={item.meter.id} item={item} />
                ))}
              </ul>
              <Pager
                page={page}
                limit={METERS}
                total={pagination.total_count}
                hrefOf={(to) => state.hrefOf({ page: to })}
              />
            </>
          )}
        </Loaded>
      )}
    </section>
  );
}

function Meter({ item: { meter, counted, value, reason, filter } }: { item: Explained }) {
  return (
    <li>
      <div class="stack tight">
        <h3>
          <a href={`/console/meters/${meter.id}`}>
            <bdi>{meter.name}</bdi>
          </a>
        </h3>
        <p class="row">
          {counted ? <Badge kind="success">counted</Badge> : <Badge>not counted</Badge>}
          {counted && (
            <span>
              adds <b>{typeof value === "number" ? <Amount value={value} /> : <bdi>{JSON.stringify(value)}</bdi>}</b>
            </span>
          )}
        </p>
      </div>
      <div class="stack tight">
        {reason && <Reason id={meter.id} reason={reason} />}
        <FilterTree filter={filter} />
      </div>
    </li>
  );
}

const REASONS: Record<NonNullable<Explained["reason"]>, string> = {
  filter: "Its filter does not hold.",
  property_missing: "Its filter holds, but the event lacks the property that is aggregated",
  not_a_number: "Its filter holds, but the property that is aggregated has no number",
  voided: "Its filter holds, but the event is voided.",
  other_definition: "Its filter holds, but meters count no events of the platform.",
};

function Reason({ id, reason }: { id: string; reason: NonNullable<Explained["reason"]> }) {
  const isAboutProperty = reason === "property_missing" || reason === "not_a_number";
  const { data, isLoading } = useGet(isAboutProperty ? "/v1/meters/{id}" : null, { path: { id } });
  const property = data && "property" in data.aggregation ? data.aggregation.property : null;
  return (
    <p aria-busy={isLoading}>
      {REASONS[reason]}
      {isAboutProperty && property !== null && (
        <>
          {": "}
          <code>
            <bdi>{property}</bdi>
          </code>
        </>
      )}
    </p>
  );
}

import { CheckField } from "../../components/field.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { useKnownProperties } from "../../data/known.ts";
import { useGet } from "../../data/read.ts";
import { can } from "../../session/session.ts";
import type { UrlState } from "../../url/state.ts";
import type { URL_STATE } from "./url.ts";

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;

type Props = {
  state: UrlState<typeof URL_STATE>;
  /** The properties for which the meter keeps rollups: they are offered first. */
  dimensions: string[];
};

/** Whose quantities are shown, by what they are grouped, and with what they are compared. */
export function Grouping({ state: { values, set }, dimensions }: Props) {
  const { properties } = useKnownProperties();
  const path = can("customers:read", "customers:write") ? "/v1/customers/" : null;
  const customers = useGet(path, { query: { limit: 50, sorting: ["-created_at"] } }).data?.items ?? [];
  const replace = { replace: true };
  const choose = (customer: string) => {
    const isId = UUID.test(customer);
    set({ customer_id: isId ? customer : "", external_customer_id: isId ? "" : customer }, replace);
  };
  return (
    <div class="filters">
      <FilterField
        label="Group by"
        name="group_by"
        value={values.group_by}
        placeholder="customer or property"
        suggestions={[...new Set(["customer", ...dimensions, ...properties])]}
        onChange={(group_by) => set({ group_by }, replace)}
      />
      <FilterField
        label="Customer"
        name="customer"
        value={values.customer_id || values.external_customer_id}
        placeholder="external id, or id"
        suggestions={customers.map(({ external_id, id }) => external_id ?? id)}
        onChange={choose}
      />
      <CheckField
        label="Compare with the period before"
        value={values.compare}
        onChange={(compare) => set({ compare })}
      />
    </div>
  );
}

import type { Schemas } from "../../client/src/index.ts";
import { can } from "../session/session.ts";

type Event = Pick<Schemas["UserEvent"], "customer_id" | "customer" | "external_customer_id">;

/** The customer of an event by its name, its e-mail address or an id; a link where it is registered. */
export function CustomerOf({ event: { customer_id, customer, external_customer_id } }: { event: Event }) {
  const name = <bdi>{customer?.name || customer?.email || external_customer_id || `${customer_id?.slice(0, 8)}…`}</bdi>;
  const id = customer?.id ?? customer_id;
  if (id === null || !can("customers:read", "customers:write")) return name;
  return (
    <a href={`/console/customers/${id}`} title={external_customer_id ?? id}>
      {name}
    </a>
  );
}

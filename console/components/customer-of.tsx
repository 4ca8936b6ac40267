import type { Schemas } from "../../client/src/index.ts";

type Event = Pick<Schemas["UserEvent"], "customer_id" | "external_customer_id">;

/** The customer of an event: your own id where it has one, else the beginning of ours; a link where it is registered. */
export function CustomerOf({ event: { customer_id, external_customer_id } }: { event: Event }) {
  const name = external_customer_id ?? `${customer_id?.slice(0, 8)}…`;
  if (customer_id === null) return <bdi>{name}</bdi>;
  return (
    <a href={`/console/customers/${customer_id}`} title={customer_id}>
      <bdi>{name}</bdi>
    </a>
  );
}

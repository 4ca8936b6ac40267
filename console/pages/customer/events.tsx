import { Empty } from "../../components/empty.tsx";
import { EventTable } from "../../components/event-table.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { useGet } from "../../data/read.ts";
import { can } from "../../session/session.ts";

const LIMIT = 10;

/** The customer's newest events. */
export function Events({ customerId }: { customerId: string }) {
  const isAllowed = can("events:read", "events:write");
  const query = { customer_id: customerId, limit: LIMIT, cursor: "" };
  const events = useGet(isAllowed ? "/v1/events/" : null, { query });
  if (!isAllowed) return null;
  return (
    <section class="stack tight" aria-labelledby="events">
      <div class="row apart">
        <h2 id="events">Newest events</h2>
        <a href={`/console/events?customer_id=${customerId}`}>All events of this customer</a>
      </div>
      <Loaded read={events} lines={5} height={36}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>This customer has no events yet.</Empty>
          ) : (
            <EventTable events={items} isOfOneCustomer />
          )
        }
      </Loaded>
    </section>
  );
}

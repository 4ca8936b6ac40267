import { useState } from "preact/hooks";
import { EdgemeterError, type Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Copy } from "../../components/copy.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { CustomerForm } from "../../components/customer-form.tsx";
import { Empty } from "../../components/empty.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Page } from "../../components/page.tsx";
import { announce } from "../../components/toast.tsx";
import { Time } from "../../components/values.tsx";
import { useGet } from "../../data/read.ts";
import type { PageProps } from "../../routes.tsx";
import { Balances } from "./balances.tsx";
import { Erase } from "./erase.tsx";
import { Events } from "./events.tsx";
import { Holds } from "./holds.tsx";
import { SessionLink } from "./session-link.tsx";

type Customer = Schemas["Customer"];

/** One customer: its balances, usage, holds and events, and what can be done for it. */
export default function CustomerPage({ params }: PageProps) {
  const id = params["id"]!;
  const request = { path: { id } };
  const customer = useGet("/v1/customers/{id}", request);
  const found = customer.data;
  const isGone = customer.error instanceof EdgemeterError && customer.error.status === 404;
  return (
    <Page
      title={found ? found.name || found.email : "Customer"}
      parent={{ href: "/console/customers", name: "Customers" }}
      actions={found && <Actions customer={found} />}
    >
      {isGone && <Unfinished id={id} />}
      <Loaded read={customer} lines={2} height={40}>
        {(data) => (
          <>
            <About customer={data} />
            <Balances customerId={id} />
            <Holds customerId={id} />
            <Events customerId={id} />
          </>
        )}
      </Loaded>
      <Curl commands={[curlOf("get", "/v1/customers/{id}", request)]} />
    </Page>
  );
}

function Actions({ customer }: { customer: Customer }) {
  const [open, setOpen] = useState<"edit" | "session" | "erase" | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Action scope="customers:write" onClick={() => setOpen("edit")}>
        Edit
      </Action>
      <Action scope="customer_sessions:write" onClick={() => setOpen("session")}>
        Session link
      </Action>
      <Action kind="danger" scope="customers:write" onClick={() => setOpen("erase")}>
        Erase
      </Action>
      {open === "edit" && (
        <CustomerForm
          customer={customer}
          onClose={close}
          onDone={() => {
            announce("The customer is changed.");
            close();
          }}
        />
      )}
      {open === "session" && <SessionLink customerId={customer.id} onClose={close} />}
      {open === "erase" && <Erase id={customer.id} externalId={customer.external_id} onClose={close} />}
    </>
  );
}

/** A customer whose erasure was interrupted is not found, but has events still. */
function Unfinished({ id }: { id: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Empty
        action={
          <Action kind="danger" scope="customers:write" onClick={() => setOpen(true)}>
            Erase what is left
          </Action>
        }
      >
        A deleted customer is not found. If its erasure was interrupted, it can go on.
      </Empty>
      {isOpen && <Erase id={id} externalId={null} onClose={() => setOpen(false)} />}
    </>
  );
}

function About({
  customer: { id, external_id, email, created_at, first_user_event_at, metadata },
}: {
  customer: Customer;
}) {
  const pairs = Object.entries(metadata);
  return (
    <Facts
      facts={[
        ["E-mail address", <bdi>{email}</bdi>],
        ["Your own id", external_id && <bdi>{external_id}</bdi>],
        ["Created", <Time value={created_at} />],
        ["First event", <Time value={first_user_event_at} />],
        [
          "Id",
          <>
            <code>{id}</code> <Copy text={id} />
          </>,
        ],
        [
          "Metadata",
          pairs.length === 0 ? null : <code>{pairs.map(([key, value]) => `${key}: ${value}`).join(", ")}</code>,
        ],
      ]}
    />
  );
}

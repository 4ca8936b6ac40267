import { useLocation } from "preact-iso/router";
import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { EndpointForm } from "../../components/endpoint-form.tsx";
import { announce } from "../../components/toast.tsx";
import { api } from "../../session/session.ts";

const ENDPOINTS = ["/v1/webhooks/endpoints"];
type Endpoint = Schemas["WebhookEndpoint"];
type Open = "test" | "edit" | "state" | "delete";

/** What can be done with an endpoint. */
export function Actions({ endpoint }: { endpoint: Endpoint }) {
  const [open, setOpen] = useState<Open | null>(null);
  const action = (to: Open, text: string, kind?: "danger") => (
    <Action scope="webhooks:write" onClick={() => setOpen(to)} {...(kind && { kind })}>
      {text}
    </Action>
  );
  return (
    <>
      {action("test", "Send a test")}
      {action("edit", "Edit")}
      {action("state", endpoint.enabled ? "Disable" : "Enable")}
      {action("delete", "Delete", "danger")}
      {open && <Opened endpoint={endpoint} open={open} onClose={() => setOpen(null)} />}
    </>
  );
}

function Opened({ endpoint, open, onClose }: { endpoint: Endpoint; open: Open; onClose: () => void }) {
  const { route } = useLocation();
  const { id, enabled } = endpoint;
  const common = { changes: ENDPOINTS, onClose };
  const edited = () => {
    announce("The endpoint is changed.");
    onClose();
  };
  const verb = enabled ? "Disable" : "Enable";
  if (open === "edit") return <EndpointForm endpoint={endpoint} onClose={onClose} onDone={edited} />;
  if (open === "test") return <Test id={id} onClose={onClose} />;
  if (open === "state") {
    const send = () => api().patch("/v1/webhooks/endpoints/{id}", { path: { id }, body: { enabled: !enabled } });
    const done = `The endpoint is ${verb.toLowerCase()}d.`;
    return (
      <Confirm {...common} title={`${verb} the endpoint`} verb={verb} done={done} send={send}>
        {enabled ? "Nothing is sent to it any more." : "It is told what happens from now on."}
      </Confirm>
    );
  }
  const remove = () => api().delete("/v1/webhooks/endpoints/{id}", { path: { id } });
  const leave = () => route("/console/webhooks");
  const done = "The endpoint is deleted.";
  return (
    <Confirm
      {...common}
      changes={[]}
      title="Delete the endpoint"
      verb="Delete"
      done={done}
      send={remove}
      onDone={leave}
    >
      What was not delivered yet is not sent any more. It can't be undone.
    </Confirm>
  );
}

function Test({ id, onClose }: { id: string; onClose: () => void }) {
  return (
    <Confirm
      title="Send a test"
      verb="Send"
      done="A test is sent. Its answer appears among the deliveries."
      send={() => api().post("/v1/webhooks/endpoints/{id}/test", { path: { id } })}
      changes={["/v1/webhooks/deliveries"]}
      onClose={onClose}
    >
      An event webhook.test without data is sent once, signed as any other.
    </Confirm>
  );
}

import { useState } from "preact/hooks";
import type { Schemas } from "../../client/src/index.ts";
import { api } from "../session/session.ts";
import { Checks } from "./checks.tsx";
import { Dialog } from "./dialog.tsx";
import { TextField } from "./field.tsx";
import { Form, Submit, useForm } from "./form.tsx";

type Endpoint = Schemas["WebhookEndpoint"];
const TYPES: Schemas["WebhookEventType"][] = [
  "customer.created",
  "customer.updated",
  "customer.deleted",
  "customer.state_changed",
  "alert.triggered",
];

type Props = {
  /** The endpoint that is changed; without one, an endpoint is created. */
  endpoint?: Endpoint;
  onClose: () => void;
  onDone: (endpoint: Endpoint) => void;
};

/** A dialog that creates a webhook endpoint, or changes one. */
export function EndpointForm({ endpoint, onClose, onDone }: Props) {
  const [url, setUrl] = useState(endpoint?.url ?? "");
  const [name, setName] = useState(endpoint?.name ?? "");
  const [events, setEvents] = useState<Endpoint["events"]>(endpoint?.events ?? ["alert.triggered"]);
  const body = { url, name: name || null, format: "raw" as const, events };
  const form = useForm({
    content: body,
    send: () =>
      endpoint
        ? api().patch("/v1/webhooks/endpoints/{id}", { path: { id: endpoint.id }, body })
        : api().post("/v1/webhooks/endpoints", { body }),
    changes: ["/v1/webhooks/endpoints"],
    onDone,
  });
  const title = endpoint ? "Edit the endpoint" : "New endpoint";
  return (
    <Dialog title={title} onClose={onClose}>
      <Form form={form} label={title}>
        <TextField
          label="URL"
          name="url"
          type="url"
          value={url}
          onInput={setUrl}
          placeholder="https://example.com/hooks"
        />
        <TextField label="Name" name="name" value={name} onInput={setName} hint="Optional." />
        <Checks legend="Events" name="events" all={TYPES} value={events} onChange={setEvents} />
        <Submit form={form}>{endpoint ? "Save" : "Create endpoint"}</Submit>
      </Form>
    </Dialog>
  );
}

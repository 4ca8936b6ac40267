import { useLocation } from "preact-iso/router";
import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Badge } from "../../components/badge.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { Empty } from "../../components/empty.tsx";
import { EndpointForm } from "../../components/endpoint-form.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Page } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { announce } from "../../components/toast.tsx";
import { Time } from "../../components/values.tsx";
import { useGet } from "../../data/read.ts";

/** An organization can't have more endpoints than fit on a page. */
const REQUEST = { query: { limit: 100 } };

const COLUMNS: Column<Schemas["WebhookEndpoint"]>[] = [
  {
    label: "URL",
    cell: ({ id, url, name }) => (
      <a href={`/console/webhooks/${id}`}>
        <bdi>{name || url}</bdi>
      </a>
    ),
  },
  {
    label: "State",
    cell: ({ enabled }) => <Badge kind={enabled ? "success" : "danger"}>{enabled ? "enabled" : "disabled"}</Badge>,
  },
  { label: "Events", kind: "text", cell: ({ events }) => <span class="small">{events.join(", ")}</span> },
  { label: "Created", cell: ({ created_at }) => <Time value={created_at} /> },
];

/** The list of webhook endpoints. */
export default function WebhooksPage() {
  const { route } = useLocation();
  const [isCreating, setCreating] = useState(false);
  const endpoints = useGet("/v1/webhooks/endpoints", REQUEST);
  const create = (
    <Action kind="primary" scope="webhooks:write" onClick={() => setCreating(true)}>
      New endpoint
    </Action>
  );
  const show = ({ id }: { id: string }) => {
    announce("The endpoint is created.");
    route(`/console/webhooks/${id}`);
  };
  return (
    <Page title="Webhooks" actions={create}>
      <Loaded read={endpoints} lines={3} height={36}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>No endpoints yet. An endpoint receives an event when a customer changes or an alert triggers.</Empty>
          ) : (
            <Table caption="Endpoints" columns={COLUMNS} rows={items} keyOf={({ id }) => id} />
          )
        }
      </Loaded>
      <Curl commands={[curlOf("get", "/v1/webhooks/endpoints", REQUEST)]} />
      {isCreating && <EndpointForm onClose={() => setCreating(false)} onDone={show} />}
    </Page>
  );
}

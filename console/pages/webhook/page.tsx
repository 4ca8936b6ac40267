import type { Schemas } from "../../../client/src/index.ts";
import { Badge } from "../../components/badge.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Page } from "../../components/page.tsx";
import { Time } from "../../components/values.tsx";
import { useGet } from "../../data/read.ts";
import type { PageProps } from "../../routes.tsx";
import { Actions } from "./actions.tsx";
import { Deliveries } from "./deliveries.tsx";
import { Secret } from "./secret.tsx";

/** One webhook endpoint, and what it answered. */
export default function WebhookPage({ params }: PageProps) {
  const request = { path: { id: params["id"]! } };
  const endpoint = useGet("/v1/webhooks/endpoints/{id}", request);
  return (
    <Page
      title={endpoint.data ? endpoint.data.name || endpoint.data.url : "Webhook"}
      parent={{ href: "/console/webhooks", name: "Webhooks" }}
      actions={endpoint.data && <Actions endpoint={endpoint.data} />}
    >
      <Loaded read={endpoint} lines={2} height={40}>
        {(found) => <About endpoint={found} />}
      </Loaded>
      <Deliveries endpointId={request.path.id} />
      <Curl
        commands={[
          curlOf("get", "/v1/webhooks/endpoints/{id}", request),
          curlOf("get", "/v1/webhooks/deliveries", { query: { endpoint_id: request.path.id } }),
        ]}
      />
    </Page>
  );
}

function About({ endpoint }: { endpoint: Schemas["WebhookEndpoint"] }) {
  const { url, events, created_at, enabled } = endpoint;
  return (
    <Facts
      facts={[
        ["URL", <bdi>{url}</bdi>],
        ["State", <Badge kind={enabled ? "success" : "danger"}>{enabled ? "enabled" : "disabled"}</Badge>],
        ["Events", events.join(", ")],
        ["Created", <Time value={created_at} />],
        ["Secret", <Secret endpoint={endpoint} />],
      ]}
    />
  );
}

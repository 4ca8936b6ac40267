import type { Schemas } from "../../../client/src/index.ts";
import { Json } from "../../components/code.tsx";
import { Copy } from "../../components/copy.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { CustomerOf } from "../../components/customer-of.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Page } from "../../components/page.tsx";
import { Time } from "../../components/values.tsx";
import { useGet } from "../../data/read.ts";
import type { PageProps } from "../../routes.tsx";
import { Meters, METERS } from "./meters.tsx";
import { VoidAction } from "./void.tsx";

/** One event: which meters count it, and why or why not. */
export default function EventPage({ params }: PageProps) {
  const request = { path: { id: params["id"]! } };
  const event = useGet("/v1/events/{id}", request);
  return (
    <Page
      title={event.data?.name ?? "Event"}
      parent={{ href: "/console/events", name: "Events" }}
      actions={event.data && <VoidAction event={event.data} />}
    >
      <Loaded read={event} lines={2} height={40}>
        {(found) => <About event={found} />}
      </Loaded>
      <Meters id={request.path.id} />
      {event.data && (
        <section class="stack tight" aria-labelledby="json">
          <h2 id="json">JSON</h2>
          <Json value={event.data} label="The event as JSON" />
        </section>
      )}
      <Curl
        commands={[
          curlOf("get", "/v1/events/{id}", request),
          curlOf("get", "/v1/events/{id}/meters", { ...request, query: { limit: METERS } }),
        ]}
      />
    </Page>
  );
}

function About({ event }: { event: Schemas["Event"] }) {
  const { id, timestamp, ingested_at, source, external_id, voided_at, void_reason } = event;
  return (
    <Facts
      facts={[
        ["Time", <Time value={timestamp} />],
        ["Accepted", <Time value={ingested_at} />],
        ["Customer", <CustomerOf event={event} />],
        ["Source", source === "system" ? "made by the platform" : "sent by you"],
        ["Voided", voided_at && <Time value={voided_at} />],
        ["Reason", void_reason && <bdi>{void_reason}</bdi>],
        ["Your own id", external_id && <bdi>{external_id}</bdi>],
        [
          "Id",
          <>
            <code>{id}</code> <Copy text={id} />
          </>,
        ],
      ]}
    />
  );
}

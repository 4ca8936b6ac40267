import { useLocation } from "preact-iso/router";
import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Badge } from "../../components/badge.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { CustomerById } from "../../components/customer-by-id.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { MeterLink } from "../../components/meter-link.tsx";
import { Page } from "../../components/page.tsx";
import { Time } from "../../components/values.tsx";
import { useMeters } from "../../data/meters.ts";
import { useGet } from "../../data/read.ts";
import type { PageProps } from "../../routes.tsx";
import { api } from "../../session/session.ts";
import { conditionOf } from "../alerts/texts.ts";
import { Edit } from "./edit.tsx";
import { Triggers } from "./triggers.tsx";

type Alert = Schemas["Alert"];

/** One alert, and when customers have reached its thresholds. */
export default function AlertPage({ params }: PageProps) {
  const request = { path: { id: params["id"]! } };
  const alert = useGet("/v1/alerts/{id}", request);
  return (
    <Page
      title={alert.data?.name ?? "Alert"}
      parent={{ href: "/console/alerts", name: "Alerts" }}
      actions={alert.data && <Actions alert={alert.data} />}
    >
      <Loaded read={alert} lines={1} height={40}>
        {(found) => <About alert={found} />}
      </Loaded>
      <Triggers id={request.path.id} />
      <Curl
        commands={[curlOf("get", "/v1/alerts/{id}", request), curlOf("get", "/v1/alerts/{id}/triggers", request)]}
      />
    </Page>
  );
}

function About({ alert }: { alert: Alert }) {
  const meters = useMeters();
  const { customer_id: customer } = alert;
  return (
    <Facts
      facts={[
        ["Triggers when", conditionOf(alert)],
        ["Meter", <MeterLink id={alert.meter_id} meters={meters} />],
        ["Customer", customer === null ? "every customer" : <CustomerById id={customer} />],
        ["Created", <Time value={alert.created_at} />],
        ["State", <Badge kind={alert.enabled ? "success" : "quiet"}>{alert.enabled ? "enabled" : "disabled"}</Badge>],
      ]}
    />
  );
}

function Actions({ alert }: { alert: Alert }) {
  const [open, setOpen] = useState<typeof Switch | null>(null);
  // The setter would call a component as a function.
  const show = (dialog: typeof Switch) => setOpen(() => dialog);
  const Opened = open;
  return (
    <>
      <Action scope="alerts:write" onClick={() => show(Edit)}>
        Edit
      </Action>
      <Action scope="alerts:write" onClick={() => show(Switch)}>
        {alert.enabled ? "Disable" : "Enable"}
      </Action>
      <Action kind="danger" scope="alerts:write" onClick={() => show(Delete)}>
        Delete
      </Action>
      {Opened && <Opened alert={alert} onClose={() => setOpen(null)} />}
    </>
  );
}

type DialogProps = { alert: Alert; onClose: () => void };

function Switch({ alert: { id, enabled }, onClose }: DialogProps) {
  const verb = enabled ? "Disable" : "Enable";
  return (
    <Confirm
      title={`${verb} the alert`}
      verb={verb}
      done={`The alert is ${verb.toLowerCase()}d.`}
      send={() => api().patch("/v1/alerts/{id}", { path: { id }, body: { enabled: !enabled } })}
      changes={["/v1/alerts"]}
      onClose={onClose}
    >
      {enabled
        ? "It does not trigger any more."
        : "What is past a threshold now counts as reached, and does not trigger."}
    </Confirm>
  );
}

function Delete({ alert: { id }, onClose }: DialogProps) {
  const { route } = useLocation();
  return (
    <Confirm
      title="Delete the alert"
      verb="Delete"
      done="The alert is deleted."
      send={() => api().delete("/v1/alerts/{id}", { path: { id } })}
      changes={[]}
      onDone={() => route("/console/alerts")}
      onClose={onClose}
    >
      Its triggers can no longer be listed. It can't be undone.
    </Confirm>
  );
}

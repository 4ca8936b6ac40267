import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Badge } from "../../components/badge.tsx";
import { Code } from "../../components/code.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { announce } from "../../components/toast.tsx";
import { useGet } from "../../data/read.ts";
import { api, can } from "../../session/session.ts";
import { EVENTS, eventSnippets, METER, meterSnippets, quantitySnippets } from "./snippets.ts";
import "./overview.css";

type Props = { meter: Schemas["Meter"] | undefined; onChange: () => void };

/** What leads to the first quantity: a meter, an event, a look. Each step works here, with curl, and with both SDKs. */
export function Checklist({ meter, onChange }: Props) {
  const path = can("events:read", "events:write") ? "/v1/events/" : null;
  const events = useGet(path, { query: { limit: 1, cursor: "", source: "user" } });
  const hasEvents = (events.data?.items.length ?? 0) > 0;
  return (
    <section class="stack" aria-label="First steps">
      <div>
        <h2>From here to the first quantity</h2>
        <p class="quiet">
          This deployment is <code>{location.origin}</code>. In programs, set <code>TOKEN</code> to an access token.
        </p>
      </div>
      <ol class="checklist">
        <Step title="1. Create a meter" isDone={meter !== undefined} snippets={meterSnippets()}>
          {meter === undefined && <CreateMeter />}
          <p>
            <a href="/console/meters/new">Create a meter of your own, with a preview</a>
          </p>
        </Step>
        <Step title="2. Send an event" isDone={hasEvents} snippets={eventSnippets()}>
          <SendEvent onDone={onChange} />
        </Step>
        <Step title="3. Read the quantity" isDone={false} snippets={quantitySnippets(meter?.id ?? "METER_ID")}>
          {meter && (
            <p>
              <a href={`/console/meters/${meter.id}`}>
                Show <bdi>{meter.name}</bdi>
              </a>
              {hasEvents && ": no event has counted in it yet. Do its conditions fit the events?"}
            </p>
          )}
        </Step>
      </ol>
    </section>
  );
}

type StepProps = {
  title: string;
  isDone: boolean;
  snippets: { name: string; text: string }[];
  children: ComponentChildren;
};

function Step({ title, isDone, snippets, children }: StepProps) {
  const [chosen, setChosen] = useState(0);
  return (
    <li class="panel stack tight">
      <div class="row">
        <h3>{title}</h3>
        {isDone && <Badge kind="success">done</Badge>}
      </div>
      {children}
      <div class="row tabs">
        {snippets.map(({ name }, at) => (
          <button key={name} type="button" aria-pressed={at === chosen} onClick={() => setChosen(at)}>
            {name}
          </button>
        ))}
      </div>
      <Code text={snippets[chosen]!.text} label={`${title}: ${snippets[chosen]!.name}`} />
    </li>
  );
}

function CreateMeter() {
  const form = useForm({
    content: METER,
    send: (key) => api().post("/v1/meters/", { body: METER, header: { "Idempotency-Key": key } }),
    changes: ["/v1/meters/", "/v1/organization"],
    onDone: ({ name }) => announce(`${name} is created.`),
  });
  return (
    <Form form={form} label="Create the example meter">
      <Submit form={form} scope="meters:write">
        Create the example meter
      </Submit>
    </Form>
  );
}

function SendEvent({ onDone }: { onDone: () => void }) {
  const form = useForm({
    content: EVENTS,
    send: (key) => api().post("/v1/events/ingest", { body: EVENTS, header: { "Idempotency-Key": key } }),
    changes: ["/v1/events/", "/v1/organization"],
    onDone: () => {
      announce("The event is stored.");
      onDone();
    },
  });
  return (
    <Form form={form} label="Send the example event">
      <Submit form={form} scope="events:write">
        Send the example event
      </Submit>
    </Form>
  );
}

import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { AreaField, CheckField, TextField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { announce } from "../../components/toast.tsx";
import { api } from "../../session/session.ts";

type Event = Schemas["Event"];
type Replacement = NonNullable<Schemas["EventsVoid"]["replacements"]>[number];

/** The button that takes an event out of all quantities and balances. */
export function VoidAction({ event }: { event: Event }) {
  const [isOpen, setOpen] = useState(false);
  const reason =
    event.voided_at !== null
      ? "The event is voided already."
      : event.source === "system"
        ? "Events of the platform can't be voided: credit the other way."
        : null;
  return (
    <>
      <Action kind="danger" scope="events:write" reason={reason} onClick={() => setOpen(true)}>
        Void
      </Action>
      {isOpen && <Void event={event} onClose={() => setOpen(false)} />}
    </>
  );
}

const NOT_VOIDED = {
  not_found: "This event does not exist any more.",
  not_voidable: "It can't be voided: it is of the platform, or its void needs events that retention has deleted.",
};

const EXPLAINED =
  "It does not count any more, in quantities and balances. It stays listed with the reason. It can't be undone.";

function requireVoided({ events }: Schemas["EventsVoidResponse"]): void {
  const result = events[0]?.result;
  if (result === "not_found" || result === "not_voidable") throw new Error(NOT_VOIDED[result]);
}

function Void({ event, onClose }: { event: Event; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const [isReplaced, setReplaced] = useState(false);
  const [text, setText] = useState(() => JSON.stringify(replacementOf(event), null, 2));
  const form = useForm({
    content: { reason, replacement: isReplaced && text },
    send: async (key) => {
      const body = { events: [{ id: event.id }], reason, ...(isReplaced && { replacements: [parsed(text)] }) };
      requireVoided(await api().post("/v1/events/void", { header: { "Idempotency-Key": key }, body }));
    },
    changes: ["/v1/events/", "/v1/meters/", "/v1/customer-meters/"],
    onDone: () => {
      announce(isReplaced ? "The event is voided and replaced." : "The event is voided.");
      onClose();
    },
  });
  return (
    <Dialog title="Void the event" onClose={onClose}>
      <Form form={form} label="Void the event">
        <p>{EXPLAINED}</p>
        <TextField label="Reason" name="reason" value={reason} onInput={setReason} />
        <CheckField label="Send a replacement in the same step" value={isReplaced} onChange={setReplaced} />
        {isReplaced && (
          <AreaField
            label="Replacement, as JSON"
            name="replacements.0"
            value={text}
            onInput={setText}
            rows={12}
            hint="The old external_id stays taken, so it needs another one."
          />
        )}
        <Submit form={form} kind="danger">
          Void
        </Submit>
      </Form>
    </Dialog>
  );
}

/** The same event as it would be sent, with another id of your own. */
function replacementOf({ name, timestamp, customer_id, external_customer_id, external_id, metadata }: Event) {
  const customer = external_customer_id === null ? { customer_id } : { external_customer_id };
  return {
    name,
    timestamp,
    ...customer,
    ...(external_id !== null && { external_id: `${external_id}-corrected` }),
    metadata,
  };
}

function parsed(text: string): Replacement {
  try {
    // oxlint-disable-next-line no-restricted-properties -- what the user typed; the API examines it
    return JSON.parse(text) as Replacement;
  } catch (error) {
    throw new Error(`The replacement is not JSON: ${error instanceof Error ? error.message : ""}`, { cause: error });
  }
}

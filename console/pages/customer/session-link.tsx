import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Code } from "../../components/code.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { Time } from "../../components/values.tsx";
import { api } from "../../session/session.ts";

const LASTS = [
  ["900", "15 minutes"],
  ["3600", "1 hour"],
  ["86400", "1 day"],
] as const;
type Session = Schemas["CustomerSession"];

/** Makes a link with which the customer sees its own usage for some time. */
export function SessionLink({ customerId, onClose }: { customerId: string; onClose: () => void }) {
  const [made, setMade] = useState<Session | null>(null);
  return (
    <Dialog title="Session link" onClose={onClose}>
      {made ? <Made session={made} /> : <LinkForm customerId={customerId} onDone={setMade} />}
    </Dialog>
  );
}

function LinkForm({ customerId, onDone }: { customerId: string; onDone: (session: Session) => void }) {
  const [lasts, setLasts] = useState<(typeof LASTS)[number][0]>("3600");
  const [returnUrl, setReturnUrl] = useState("");
  const body = { customer_id: customerId, expires_in: Number(lasts), return_url: returnUrl || null };
  const form = useForm({ content: body, send: () => api().post("/v1/customer-sessions/", { body }), onDone });
  return (
    <Form form={form} label="Session link">
      <p>Whoever has the link sees this customer's balances and usage in the portal, and nothing else.</p>
      <SelectField label="Valid for" name="expires_in" value={lasts} onChange={setLasts} options={LASTS} />
      <TextField
        label="Address that the portal leads back to"
        name="return_url"
        type="url"
        value={returnUrl}
        onInput={setReturnUrl}
        hint="Optional."
      />
      <Submit form={form}>Make the link</Submit>
    </Form>
  );
}

function Made({ session: { customer_portal_url: url, expires_at } }: { session: Session }) {
  return (
    <div class="stack">
      <p role="status">
        The link is valid until <Time value={expires_at} />.
      </p>
      <Code text={url} label="Session link" />
      <div class="row">
        <a class="button primary" href={url} target="_blank" rel="noreferrer">
          Open the portal
        </a>
      </div>
    </div>
  );
}

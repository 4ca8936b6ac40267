import { useLocation } from "preact-iso/router";
import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Dialog } from "../../components/dialog.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { MeterField } from "../../components/meter-field.tsx";
import { announce } from "../../components/toast.tsx";
import { api } from "../../session/session.ts";
import { BASES, numbersIn, reachedText, THRESHOLDS_HINT } from "./texts.ts";

/** Creates an alert. */
export function NewAlert({ onClose }: { onClose: () => void }) {
  const { route } = useLocation();
  const [name, setName] = useState("");
  const [meter_id, setMeter] = useState("");
  const [customer, setCustomer] = useState("");
  const [basis, setBasis] = useState<Schemas["AlertBasis"]>("consumed_units");
  const [thresholds, setThresholds] = useState("");
  const body = { name, meter_id, customer_id: customer || null, basis, thresholds: numbersIn(thresholds) };
  const form = useForm({
    content: body,
    send: (key) => api().post("/v1/alerts", { header: { "Idempotency-Key": key }, body }),
    changes: ["/v1/alerts"],
    onDone: (alert) => {
      announce(reachedText("created", alert));
      route(`/console/alerts/${alert.id}`);
    },
  });
  return (
    <Dialog title="New alert" onClose={onClose}>
      <Form form={form} label="New alert">
        <TextField label="Name" name="name" value={name} onInput={setName} />
        <MeterField none="Choose a meter" value={meter_id} onChange={setMeter} />
        <SelectField label="Triggers when" name="basis" value={basis} onChange={setBasis} options={BASES} />
        <TextField
          label="Thresholds"
          name="thresholds"
          value={thresholds}
          onInput={setThresholds}
          placeholder="80, 100"
          hint={THRESHOLDS_HINT}
        />
        <TextField label="Customer id (empty: all)" name="customer_id" value={customer} onInput={setCustomer} />
        <Submit form={form}>Create alert</Submit>
      </Form>
    </Dialog>
  );
}

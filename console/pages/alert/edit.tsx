import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { announce } from "../../components/toast.tsx";
import { api } from "../../session/session.ts";
import { numbersIn, reachedText, THRESHOLDS_HINT } from "../alerts/texts.ts";

/** Changes the name and the thresholds of an alert; its meter, customer and basis stay. */
export function Edit({ alert, onClose }: { alert: Schemas["Alert"]; onClose: () => void }) {
  const [name, setName] = useState(alert.name);
  const [thresholds, setThresholds] = useState(alert.thresholds.join(", "));
  const body = { name, thresholds: numbersIn(thresholds) };
  const form = useForm({
    content: body,
    send: () => api().patch("/v1/alerts/{id}", { path: { id: alert.id }, body }),
    changes: ["/v1/alerts"],
    onDone: (changed) => {
      announce(reachedText("changed", changed));
      onClose();
    },
  });
  return (
    <Dialog title="Edit the alert" onClose={onClose}>
      <Form form={form} label="Edit the alert">
        <TextField label="Name" name="name" value={name} onInput={setName} />
        <TextField
          label="Thresholds"
          name="thresholds"
          value={thresholds}
          onInput={setThresholds}
          hint={THRESHOLDS_HINT}
        />
        <Submit form={form}>Save</Submit>
      </Form>
    </Dialog>
  );
}

import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { announce } from "../../components/toast.tsx";
import { type Unit, unitBody, UnitFields } from "../../components/unit-fields.tsx";
import { api } from "../../session/session.ts";

type Props = { meter: Schemas["Meter"]; onClose: () => void };

/** Changes a meter's name and unit; what it counts stays, because it has counted. */
export function Edit({ meter, onClose }: Props) {
  const [name, setName] = useState(meter.name);
  const [unit, setUnit] = useState<Unit>({ unit: meter.unit, custom_label: meter.custom_label ?? "" });
  const body = { name, ...unitBody(unit) };
  const form = useForm({
    content: body,
    send: () => api().patch("/v1/meters/{id}", { path: { id: meter.id }, body }),
    changes: ["/v1/meters/"],
    onDone: () => {
      announce("The meter is changed.");
      onClose();
    },
  });
  return (
    <Dialog title="Edit the meter" onClose={onClose}>
      <Form form={form} label="Edit the meter">
        <TextField label="Name" name="name" value={name} onInput={setName} />
        <UnitFields value={unit} onChange={setUnit} />
        <Submit form={form}>Save</Submit>
      </Form>
    </Dialog>
  );
}

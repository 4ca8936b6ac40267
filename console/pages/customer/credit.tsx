import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { announce } from "../../components/toast.tsx";
import { Amount } from "../../components/values.tsx";
import { exact, unitOf } from "../../format/number.ts";
import { api } from "../../session/session.ts";

type Props = { balance: Schemas["CustomerMeter"]; onClose: () => void };

/** Credits a customer with units of a meter, or takes some away. */
export function Credit({ balance: { customer_id, meter_id, meter, balance }, onClose }: Props) {
  const [units, setUnits] = useState("");
  // What is not a number goes to the API as it is, which says what is wrong with it.
  const body = { customer_id, meter_id, units: units.trim() === "" ? (null as never) : Number(units) };
  const form = useForm({
    content: body,
    send: (key) => api().post("/v1/customer-meters/credits", { header: { "Idempotency-Key": key }, body }),
    changes: ["/v1/customer-meters/", "/v1/events/"],
    onDone: (answer) => {
      announce(`The balance of ${meter.name} is ${exact(answer.balance)} now.`);
      onClose();
    },
  });
  return (
    <Dialog title="Credit" onClose={onClose}>
      <Form form={form} label="Credit">
        <p>
          <bdi>{meter.name}</bdi>: the balance is <Amount value={balance} unit={unitOf(meter)} />.
        </p>
        <TextField
          label="Units"
          name="units"
          type="number"
          value={units}
          onInput={setUnits}
          hint="A whole number; a negative one takes credited units away."
        />
        <Submit form={form}>Credit</Submit>
      </Form>
    </Dialog>
  );
}

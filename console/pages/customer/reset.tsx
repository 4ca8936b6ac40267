import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Dialog } from "../../components/dialog.tsx";
import { CheckField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { announce } from "../../components/toast.tsx";
import { Amount } from "../../components/values.tsx";
import { exact, unitOf } from "../../format/number.ts";
import { api } from "../../session/session.ts";

type Props = { balance: Schemas["CustomerMeter"]; onClose: () => void };

/** Starts a customer's balance on a meter again. */
export function Reset({ balance: { customer_id, meter_id, meter, balance }, onClose }: Props) {
  const [rollover, setRollover] = useState(false);
  const body = { customer_id, meter_id, rollover };
  const form = useForm({
    content: body,
    send: (key) => api().post("/v1/customer-meters/resets", { header: { "Idempotency-Key": key }, body }),
    changes: ["/v1/customer-meters/", "/v1/events/"],
    onDone: (answer) => {
      announce(`The balance of ${meter.name} starts again with ${exact(answer.balance)}.`);
      onClose();
    },
  });
  return (
    <Dialog title="Reset" onClose={onClose}>
      <Form form={form} label="Reset">
        <p>
          <bdi>{meter.name}</bdi>: the balance is <Amount value={balance} unit={unitOf(meter)} />. After a reset, the
          events and credits until now do not count in it any more; the meter's quantities do not change. It can't be
          undone.
        </p>
        <CheckField label="Credit again what is left" value={rollover} onChange={setRollover} />
        <Submit form={form} kind="danger">
          Reset
        </Submit>
      </Form>
    </Dialog>
  );
}

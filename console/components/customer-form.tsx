import { useState } from "preact/hooks";
import type { Schemas } from "../../client/src/index.ts";
import { api } from "../session/session.ts";
import { Dialog } from "./dialog.tsx";
import { TextField } from "./field.tsx";
import { Form, Submit, useForm } from "./form.tsx";

type Customer = Schemas["Customer"];
type Props = {
  /** The customer that is changed; without one, a customer is created. */
  customer?: Customer;
  onClose: () => void;
  onDone: (customer: Customer) => void;
};

/** A dialog that creates a customer, or changes one. */
export function CustomerForm({ customer, onClose, onDone }: Props) {
  const [email, setEmail] = useState(customer?.email ?? "");
  const [name, setName] = useState(customer?.name ?? "");
  const [externalId, setExternalId] = useState(customer?.external_id ?? "");
  const isFixed = Boolean(customer?.external_id);
  const body = { email, name: name || null, ...(!isFixed && { external_id: externalId || null }) };
  const form = useForm({
    content: body,
    send: (key) =>
      customer
        ? api().patch("/v1/customers/{id}", { path: { id: customer.id }, body })
        : api().post("/v1/customers/", { header: { "Idempotency-Key": key }, body }),
    changes: ["/v1/customers/", "/v1/customer-meters/", "/v1/events/"],
    onDone,
  });
  const title = customer ? "Edit the customer" : "New customer";
  return (
    <Dialog title={title} onClose={onClose}>
      <Form form={form} label={title}>
        <TextField label="E-mail address" name="email" type="email" value={email} onInput={setEmail} />
        <TextField label="Name" name="name" value={name} onInput={setName} />
        {!isFixed && (
          <TextField
            label="Your own id"
            name="external_id"
            value={externalId}
            onInput={setExternalId}
            hint="Events name the customer by it, in external_customer_id. It can be set once."
          />
        )}
        <Submit form={form}>{customer ? "Save" : "Create customer"}</Submit>
      </Form>
    </Dialog>
  );
}

import type { Schemas } from "../../../client/src/index.ts";
import { Dialog } from "../../components/dialog.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { announce } from "../../components/toast.tsx";
import { api } from "../../session/session.ts";

type Props = { meter: Schemas["Meter"]; onClose: () => void };

/** Asks whether a meter is to be archived, or used again. */
export function Archive({ meter: { id, name, archived_at }, onClose }: Props) {
  const is_archived = archived_at === null;
  const form = useForm({
    content: is_archived,
    send: () => api().patch("/v1/meters/{id}", { path: { id }, body: { is_archived } }),
    changes: ["/v1/meters/"],
    onDone: () => {
      announce(is_archived ? `${name} is archived.` : `${name} is in use again.`);
      onClose();
    },
  });
  return (
    <Dialog title={is_archived ? "Archive this meter" : "Restore this meter"} onClose={onClose}>
      <Form form={form} label="Archive">
        <p>
          {is_archived
            ? "Its quantities and balances stay, and new events count in it as before; lists leave it out, and it is no longer offered to customers."
            : "It appears in lists again."}
        </p>
        <Submit form={form}>{is_archived ? "Archive" : "Restore"}</Submit>
      </Form>
    </Dialog>
  );
}

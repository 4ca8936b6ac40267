import type { ComponentChildren } from "preact";
import { Dialog } from "./dialog.tsx";
import { Form, Submit, useForm } from "./form.tsx";
import { announce } from "./toast.tsx";

type Props = {
  title: string;
  /** What the button does, in one word. */
  verb: string;
  /** What is announced when it is done. */
  done: string;
  send: () => Promise<unknown>;
  /** The API's paths below which something has changed then. */
  changes: string[];
  onClose: () => void;
  /** Is called when it is done, before the dialog closes. */
  onDone?: () => void;
  /** What happens then. */
  children: ComponentChildren;
};

/** A dialog that asks before something is done. */
export function Confirm({ title, verb, done, send, changes, onClose, onDone, children }: Props) {
  const form = useForm({
    content: title,
    send,
    changes,
    onDone: () => {
      announce(done);
      onDone?.();
      onClose();
    },
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <Form form={form} label={title}>
        <p>{children}</p>
        <Submit form={form} kind="danger">
          {verb}
        </Submit>
      </Form>
    </Dialog>
  );
}

import { useLocation } from "preact-iso/router";
import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../../components/dialog.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { announce } from "../../components/toast.tsx";
import { exact } from "../../format/number.ts";
import { api } from "../../session/session.ts";

const EXTENTS = [
  ["events", "Erase: also all its events and their share in quantities"],
  ["anonymize", "Anonymize: also its e-mail address, name and metadata"],
  ["delete", "Delete: it is not found any more; its data stay stored"],
] as const;
type Extent = (typeof EXTENTS)[number][0];

type Props = {
  id: string;
  /** Your own id of the customer; typing it confirms as well as typing the id. */
  externalId: string | null;
  onClose: () => void;
};

/** Deletes a customer as far as is asked for; erasing events takes many requests, whose progress is shown. */
export function Erase({ id, externalId, onClose }: Props) {
  const { route } = useLocation();
  const { erase, progress } = useErasure(id);
  const [extent, setExtent] = useState<Extent>("events");
  const [typed, setTyped] = useState("");
  const expected = externalId ?? id;
  const form = useForm({
    content: { typed, extent },
    send: async () => {
      if (typed !== expected && typed !== id) throw new Error(`Type ${expected} to confirm.`);
      await erase(extent);
    },
    changes: ["/v1/customers/", "/v1/customer-meters/", "/v1/events/", "/v1/meters/"],
    onDone: () => {
      announce(extent === "events" ? "The customer and all its events are erased." : "The customer is deleted.");
      route("/console/customers");
    },
  });
  return (
    <Dialog title="Erase" onClose={onClose}>
      <Form form={form} label="Erase">
        <SelectField label="How much" name="extent" value={extent} onChange={setExtent} options={EXTENTS} />
        <TextField
          label="Type its id to confirm"
          name="confirm"
          value={typed}
          onInput={setTyped}
          hint={<Expected id={expected} />}
        />
        {progress && <Progress {...progress} />}
        <Submit form={form} kind="danger">
          {TITLES[extent]}
        </Submit>
      </Form>
    </Dialog>
  );
}

const Expected = ({ id }: { id: string }) => (
  <>
    <bdi>{id}</bdi>. It can't be undone.
  </>
);

const TITLES: Record<Extent, string> = { delete: "Delete", anonymize: "Delete and anonymize", events: "Erase" };
type Remaining = { first: number; remaining: number };

/** Repeats the deletion until nothing remains; the end of the component stops that. */
function useErasure(id: string) {
  const [progress, setProgress] = useState<Remaining | null>(null);
  const controller = useRef(new AbortController());
  useEffect(() => () => controller.current.abort(), []);
  const erase = async (extent: Extent) => {
    const { signal } = controller.current;
    const query = { anonymize: extent !== "delete", events: extent === "events" };
    for (let first = 0; ;) {
      const answer = await api().delete("/v1/customers/{id}", { path: { id }, query, signal });
      if (answer === undefined) return;
      first = Math.max(first, answer.remaining);
      setProgress({ first, remaining: answer.remaining });
    }
  };
  return { erase, progress };
}

function Progress({ first, remaining }: Remaining) {
  return (
    <div class="stack tight" role="status">
      <progress aria-label="Erasing" max={first} value={first - remaining} />
      <span class="quiet">At most {exact(remaining)} events remain to be examined. It goes on while this is open.</span>
    </div>
  );
}

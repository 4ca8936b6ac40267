import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Dialog } from "../../components/dialog.tsx";
import { SelectField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { api } from "../../session/session.ts";
import { Made } from "./made.tsx";

const GRACE = [
  ["PT2M", "2 minutes"],
  ["PT1H", "1 hour"],
  ["P1D", "1 day"],
  ["P7D", "7 days"],
] as const;

type Props = { token: Schemas["OrganizationAccessToken"]; onClose: () => void };

/** Makes a successor of a token, which is shown once, and lets the old one expire. */
export function RotateToken({ token: { id, comment }, onClose }: Props) {
  const [grace, setGrace] = useState<(typeof GRACE)[number][0]>("P1D");
  const [made, setMade] = useState<{ token: string | null } | null>(null);
  const form = useForm({
    content: grace,
    send: () =>
      api().post("/v1/organization-access-tokens/{id}/rotate", { path: { id }, body: { grace_period: grace } }),
    changes: ["/v1/organization-access-tokens/"],
    onDone: ({ token }) => setMade({ token }),
  });
  return (
    <Dialog title="Rotate the token" onClose={onClose}>
      {made ? (
        <Made token={made.token} />
      ) : (
        <Form form={form} label="Rotate the token">
          <p>
            <bdi>{comment || id}</bdi> gets a successor with the same scopes and lifetime.
          </p>
          <SelectField
            label="The old one stays valid for"
            name="grace_period"
            value={grace}
            onChange={setGrace}
            options={GRACE}
          />
          <Submit form={form}>Rotate</Submit>
        </Form>
      )}
    </Dialog>
  );
}

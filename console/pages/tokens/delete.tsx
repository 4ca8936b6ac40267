import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Dialog } from "../../components/dialog.tsx";
import { CheckField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { announce } from "../../components/toast.tsx";
import { api, session } from "../../session/session.ts";

type Props = { token: Schemas["OrganizationAccessToken"]; onClose: () => void };

/** Revokes a token. */
export function DeleteToken({ token: { id, comment, scopes }, onClose }: Props) {
  const [force, setForce] = useState(false);
  const isOwn = id === session.value?.record.id;
  const form = useForm({
    content: force,
    send: () => api().delete("/v1/organization-access-tokens/{id}", { path: { id }, query: { force } }),
    changes: ["/v1/organization-access-tokens/"],
    onDone: () => {
      announce("The token is deleted.");
      onClose();
    },
  });
  return (
    <Dialog title="Delete the token" onClose={onClose}>
      <Form form={form} label="Delete the token">
        <p>
          <bdi>{comment || id}</bdi>: requests with it are refused from now on. It may read for about a minute more. It
          can't be undone.
        </p>
        {isOwn && <p>This is the token that you use here: you will be signed out.</p>}
        {scopes.includes("organization_access_tokens:write") && (
          <CheckField label="Also if it is the last one that can make others" value={force} onChange={setForce} />
        )}
        <Submit form={form} kind="danger">
          Delete
        </Submit>
      </Form>
    </Dialog>
  );
}

import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Copy } from "../../components/copy.tsx";
import { api } from "../../session/session.ts";

/** The secret that signs deliveries: shown when it is asked for, and replaced. */
export function Secret({ endpoint: { id, secret } }: { endpoint: Schemas["WebhookEndpoint"] }) {
  const [isShown, setShown] = useState(false);
  const [isReplacing, setReplacing] = useState(false);
  return (
    <span class="row">
      <code>{isShown ? secret : "whsec_…"}</code>
      <button type="button" class="plain" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
        {isShown ? "Hide" : "Show secret"}
      </button>
      {isShown && <Copy text={secret} />}
      <Action kind="plain" scope="webhooks:write" onClick={() => setReplacing(true)}>
        Replace
      </Action>
      {isReplacing && (
        <Confirm
          title="Replace the secret"
          verb="Replace"
          done="The endpoint has a new secret."
          send={() => api().patch("/v1/webhooks/endpoints/{id}/secret", { path: { id } })}
          changes={["/v1/webhooks/endpoints"]}
          onClose={() => setReplacing(false)}
        >
          Attempts from now on are signed with the new one, those of earlier events too.
        </Confirm>
      )}
    </span>
  );
}

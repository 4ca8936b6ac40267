import { useState } from "preact/hooks";
import { SCOPES } from "../../../src/auth/principal.ts";
import { Checks } from "../../components/checks.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { api, lack, type Scope } from "../../session/session.ts";
import { Made } from "./made.tsx";
import { type Preset, PRESET_TEXTS, scopesOf } from "./presets.ts";

const LIFETIMES = [
  ["", "Does not expire"],
  ["P30D", "30 days"],
  ["P90D", "90 days"],
  ["P1Y", "1 year"],
] as const;

/** Makes a token, and shows it once. */
export function NewToken({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<{ token: string | null } | null>(null);
  return (
    <Dialog title="New token" onClose={onClose}>
      {made ? <Made token={made.token} /> : <TokenForm onDone={setMade} />}
    </Dialog>
  );
}

function TokenForm({ onDone }: { onDone: (made: { token: string | null }) => void }) {
  const [comment, setComment] = useState("");
  const [preset, setPreset] = useState<Preset>("read-only");
  const [own, setOwn] = useState<Scope[]>([]);
  const [lifetime, setLifetime] = useState<(typeof LIFETIMES)[number][0]>("");
  const scopes = scopesOf(preset) ?? own;
  const body = { comment, scopes, expires_in: lifetime || null };
  const form = useForm({
    content: body,
    send: (key) => api().post("/v1/organization-access-tokens/", { header: { "Idempotency-Key": key }, body }),
    changes: ["/v1/organization-access-tokens/"],
    onDone,
  });
  // Other scopes begin with those of the preset before.
  const choose = (chosen: Preset) => {
    setOwn(scopes);
    setPreset(chosen);
  };
  return (
    <Form form={form} label="New token">
      <TextField label="Comment" name="comment" value={comment} onInput={setComment} hint="What it is for." />
      <SelectField label="What it may do" name="preset" value={preset} onChange={choose} options={PRESET_TEXTS} />
      {preset === "custom" ? (
        <Checks legend="Scopes" name="scopes" all={SCOPES} value={own} onChange={setOwn} lackOf={lack} />
      ) : (
        <p class="quiet small">
          {scopes.join(", ") || "Your own token has none of these scopes, so it can't give them."}
        </p>
      )}
      <SelectField
        label="Expires after"
        name="expires_in"
        value={lifetime}
        onChange={setLifetime}
        options={LIFETIMES}
      />
      <Submit form={form}>Create token</Submit>
    </Form>
  );
}

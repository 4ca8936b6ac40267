import { useEffect, useState } from "preact/hooks";
import { CheckField, TextField } from "../components/field.tsx";
import { Form, Submit, useForm } from "../components/form.tsx";
import { Skeleton } from "../components/skeleton.tsx";
import { demoToken, endedBecause, keptToken, signIn, signOut } from "../session/session.ts";
import "./sign-in.css";

/** The page on which a token is pasted; a tab that remembers one signs in by itself. */
export function SignIn() {
  const [isReturning, setReturning] = useState(keptToken() !== null);
  useEffect(() => {
    document.title = "Sign in · Edgemeter";
    const token = keptToken();
    if (token === null) return;
    signIn(token, true)
      .catch(() => signOut("The token that this tab remembered is not accepted any more."))
      .finally(() => setReturning(false));
  }, []);
  return (
    <main class="sign-in stack">
      <h1>Edgemeter</h1>
      {isReturning ? <Skeleton lines={4} /> : <TokenForm />}
    </main>
  );
}

function TokenForm() {
  const [token, setToken] = useState("");
  const [keep, setKeep] = useState(false);
  const demo = demoToken();
  const send = (text: string) => {
    if (text.trim() === "") throw new Error("Paste a token first.");
    return signIn(text.trim(), keep);
  };
  const form = useForm({ content: token, send: async () => send(token), onDone: () => {} });
  const offered = useForm({ content: demo, send: async () => send(demo ?? ""), onDone: () => {} });
  return (
    <>
      {endedBecause.value && <p role="status">{endedBecause.value}</p>}
      <Form form={form} label="Sign in">
        <TextField
          label="Access token"
          name="token"
          class="secret"
          value={token}
          onInput={setToken}
          placeholder="em_oat_…"
          hint="It stays in this page's memory, and is sent to this server alone."
        />
        <CheckField label="Keep for this tab, so that a reload does not ask again" value={keep} onChange={setKeep} />
        <Submit form={form}>Sign in</Submit>
      </Form>
      {demo !== null && (
        <Form form={offered} label="Local demo">
          <Submit form={offered} kind="plain">
            Use the local demo token
          </Submit>
        </Form>
      )}
      <p class="quiet small">
        <code>npm run token</code> makes a token; the page Tokens makes others. Its scopes decide what you can do here.
      </p>
    </>
  );
}

import { Code } from "../../components/code.tsx";

/** A token that was just made: no later answer has it. */
export function Made({ token }: { token: string | null }) {
  if (token === null) {
    return (
      <p role="alert">
        The token was made, but the answer that had it was lost. Delete it in the list, and make another.
      </p>
    );
  }
  return (
    <div class="stack tight">
      <p role="status">
        <strong>Copy it now: it is shown this once.</strong> Only its hash is stored.
      </p>
      <Code text={token} label="The new token" />
    </div>
  );
}

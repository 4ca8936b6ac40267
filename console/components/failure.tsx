import { requestIdOf, textOf } from "../data/problems.ts";
import "./failure.css";

/** Why something failed: what the API says, the id of the request in the server's log, and another attempt. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const requestId = requestIdOf(error);
  return (
    <div class="failure" role="alert">
      <p>{textOf(error)}</p>
      {requestId && (
        <p class="small">
          Request <code>{requestId}</code>
        </p>
      )}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

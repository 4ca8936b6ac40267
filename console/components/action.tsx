import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { lack, type Scope } from "../session/session.ts";

type Props = {
  children: ComponentChildren;
  /** What the token must have; without it, the button says so and does nothing. */
  scope?: Scope;
  /** `danger` for what cannot be undone. */
  kind?: "primary" | "danger" | "plain";
  /** A sentence that says why it is not possible now. */
  reason?: string | null;
} & ({ href: string; onClick?: never } | { href?: never; onClick: () => void });

/** A button, or a link that looks like one, with the reason when the token's scopes or the state forbid it. */
export function Action({ children, scope, kind, reason = null, href, onClick }: Props) {
  const id = useId();
  const why = (scope === undefined ? null : lack(scope)) ?? reason;
  if (why !== null) {
    return (
      <>
        <button type="button" class={kind} aria-disabled="true" aria-describedby={id} title={why}>
          {children}
        </button>
        <span class="hidden-text" id={id}>
          {why}
        </span>
      </>
    );
  }
  return href === undefined ? (
    <button type="button" class={kind} onClick={onClick}>
      {children}
    </button>
  ) : (
    <a class={`button ${kind ?? ""}`} href={href}>
      {children}
    </a>
  );
}

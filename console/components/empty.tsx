import type { ComponentChildren } from "preact";

/** A list without items: what that means, and what to do next. */
export function Empty({ children, action }: { children: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class="panel stack tight">
      <p class="quiet">{children}</p>
      {action && <div class="row">{action}</div>}
    </div>
  );
}

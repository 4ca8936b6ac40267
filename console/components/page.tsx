import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { hasNavigated } from "../shell/navigated.ts";
import "./page.css";

type Props = {
  /** The heading, and the title of the tab. */
  title: string;
  /** What leads back to the list that this page belongs to. */
  parent?: { href: string; name: string };
  /** Buttons and links beside the heading. */
  actions?: ComponentChildren;
  /** Names of parameters in the address that are not understood. */
  refused?: string[];
  children: ComponentChildren;
};

/** A page: its heading, which has the focus after a navigation, what can be done, and its parts. */
export function Page({ title, parent, actions, refused = [], children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Edgemeter`;
  }, [title]);
  useEffect(() => {
    if (hasNavigated()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class="page stack">
      <header class="row apart">
        <div class="title">
          {parent && (
            <a class="small" href={parent.href}>
              ← {parent.name}
            </a>
          )}
          <h1 ref={heading} tabIndex={-1}>
            <bdi>{title}</bdi>
          </h1>
        </div>
        {actions && <div class="row">{actions}</div>}
      </header>
      {refused.length > 0 && (
        <p role="status" class="quiet">
          The address has values that are not understood, so the defaults are used: {refused.join(", ")}.
        </p>
      )}
      {children}
    </div>
  );
}

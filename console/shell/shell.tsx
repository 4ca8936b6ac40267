import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso/router";
import { useEffect, useState } from "preact/hooks";
import { Copy } from "../components/copy.tsx";
import { Toast } from "../components/toast.tsx";
import { Time } from "../components/values.tsx";
import { NAVIGATION } from "../routes.tsx";
import { session, signOut } from "../session/session.ts";
import { chooseTheme, chosenTheme, type Theme, THEMES } from "./theme.ts";
import "./shell.css";

/** Whether the script of a page is being loaded. */
export const isLoading = signal(false);

/** What is around every page: the navigation, whose token is used, and where announcements appear. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { path } = useLocation();
  const isCurrent = (href: string) => (href === "/console" ? path === href : `${path}/`.startsWith(`${href}/`));
  // The navigation scrolls where it is too narrow for all pages.
  useEffect(() => {
    document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [path]);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <nav class="menu" aria-label="Pages">
        <strong>Edgemeter</strong>
        <ul>
          {NAVIGATION.map(({ href, name }) => (
            <li key={href}>
              <a href={href === "/console" ? "/console/" : href} aria-current={isCurrent(href) ? "page" : undefined}>
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="main" tabIndex={-1} aria-busy={isLoading.value}>
        {children}
      </main>
      <Account />
      <Toast />
    </div>
  );
}

/** Whose token is used, what it may do, the theme, and the end of the session. */
function Account() {
  const { organization_id, comment, scopes, expires_at } = session.value!.record;
  return (
    <aside class="account small" aria-label="Session">
      <dl>
        <dt>Organization</dt>
        <dd title={organization_id}>
          <code>{organization_id.slice(0, 8)}…</code> <Copy text={organization_id} />
        </dd>
        <dt>Token</dt>
        <dd>
          <bdi>{comment || "without a comment"}</bdi>
          {expires_at && ", until "}
          {expires_at && <Time value={expires_at} />}
        </dd>
        <dt id="scopes">Scopes ({scopes.length})</dt>
        <dd>
          <div class="scopes" role="region" aria-labelledby="scopes" tabIndex={0}>
            {scopes.join(", ")}
          </div>
        </dd>
      </dl>
      <div class="row end">
        <ThemeField />
        <button type="button" onClick={() => signOut()}>
          Sign out
        </button>
      </div>
      <p>
        <a href="/">API reference</a>
      </p>
    </aside>
  );
}

function ThemeField() {
  const [theme, setTheme] = useState<Theme>(chosenTheme());
  const choose = (value: Theme) => {
    setTheme(value);
    chooseTheme(value);
  };
  return (
    <label>
      Theme
      <select value={theme} onChange={({ currentTarget }) => choose(currentTarget.value as Theme)}>
        {THEMES.map(([value, text]) => (
          <option key={value} value={value} selected={value === theme}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

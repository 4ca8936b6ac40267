import type { ComponentType } from "preact";
import { LocationProvider, Route, Router } from "preact-iso/router";
import { Page } from "../components/page.tsx";
import { type PageProps, ROUTES } from "../routes.tsx";
import { session } from "../session/session.ts";
import { Boundary } from "./boundary.tsx";
import { isLoading, Shell } from "./shell.tsx";
import { SignIn } from "./sign-in.tsx";

/** The console: the sign-in, which keeps the address, or the page that the address names. */
export function App() {
  return (
    <LocationProvider scope="/console">
      {session.value === null ? (
        <SignIn />
      ) : (
        <Shell>
          <Router onLoadStart={() => (isLoading.value = true)} onLoadEnd={() => (isLoading.value = false)}>
            {KEYED.map(({ path, page }) => (
              <Route key={path} path={path} component={page} />
            ))}
            <Route default component={NotFound} />
          </Router>
        </Shell>
      )}
    </LocationProvider>
  );
}

/** A page begins anew when its path changes: the state of one meter is not that of another. */
const KEYED = ROUTES.map(({ path, page: Content }) => ({
  path,
  page: (({ path: at, params }: PageProps & { path: string }) => (
    <Boundary key={at}>
      <Content params={params} />
    </Boundary>
  )) as ComponentType<object>,
}));

function NotFound() {
  return (
    <Page title="There is no such page">
      <p>
        <a href="/console/">Overview</a>
      </p>
    </Page>
  );
}

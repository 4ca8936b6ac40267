import lazy from "preact-iso/lazy";
import type { ComponentType } from "preact";

/** What a page gets: the parameters in its path. */
export type PageProps = { params: Record<string, string> };
type PageModule = { default: ComponentType<PageProps> };

const page = (load: () => Promise<PageModule>) => lazy(load) as unknown as ComponentType<PageProps>;

/** The pages: a path, the page's module, and its name where the navigation leads to it. The first path that fits counts. */
export const ROUTES: { path: string; page: ComponentType<PageProps>; name?: string }[] = [
  { path: "/console", page: page(() => import("./pages/overview/page.tsx")), name: "Overview" },
  { path: "/console/meters", page: page(() => import("./pages/meters/page.tsx")), name: "Meters" },
  { path: "/console/meters/new", page: page(() => import("./pages/new-meter/page.tsx")) },
  { path: "/console/meters/:id", page: page(() => import("./pages/meter/page.tsx")) },
  { path: "/console/events", page: page(() => import("./pages/events/page.tsx")), name: "Events" },
  { path: "/console/events/:id", page: page(() => import("./pages/event/page.tsx")) },
  { path: "/console/customers", page: page(() => import("./pages/customers/page.tsx")), name: "Customers" },
  { path: "/console/customers/:id", page: page(() => import("./pages/customer/page.tsx")) },
  { path: "/console/alerts", page: page(() => import("./pages/alerts/page.tsx")), name: "Alerts" },
  { path: "/console/alerts/:id", page: page(() => import("./pages/alert/page.tsx")) },
  { path: "/console/webhooks", page: page(() => import("./pages/webhooks/page.tsx")), name: "Webhooks" },
  { path: "/console/webhooks/:id", page: page(() => import("./pages/webhook/page.tsx")) },
  { path: "/console/tokens", page: page(() => import("./pages/tokens/page.tsx")), name: "Tokens" },
];

/** The links of the navigation. */
export const NAVIGATION = ROUTES.flatMap(({ path, name }) => (name === undefined ? [] : [{ href: path, name }]));

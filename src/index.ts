import { createApp } from "./app.ts";
import { runCron } from "./jobs/cron.ts";
import { noteUse } from "./organization-access-tokens/last-used.ts";
import { operatorRoutes } from "./operator/routes.ts";
import { pageRoutes } from "./pages/routes.ts";
import { openStore } from "./store/open.ts";

export { OrganizationObject } from "./organization-object.ts";

/** The Worker: answers HTTP requests, and runs the jobs of organizations in D1 on its cron trigger. */
export default {
  fetch: createApp(openStore, noteUse).route("/", operatorRoutes).route("/", pageRoutes).fetch,
  scheduled: (_controller, env) => runCron(env, openStore),
} satisfies ExportedHandler<Env>;

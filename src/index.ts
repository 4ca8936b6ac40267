import { createApp } from "./app.ts";
import { noteUse } from "./organization-access-tokens/last-used.ts";
import { operatorRoutes } from "./operator/routes.ts";
import { runSchedule } from "./schedule.ts";
import { openStore } from "./store/open.ts";

export { OrganizationObject } from "./organization-object.ts";

/** The Worker: answers HTTP requests, and catches the meters in D1 up on its cron trigger. */
export default {
  fetch: createApp(openStore, noteUse).route("/", operatorRoutes).fetch,
  scheduled: (_controller, env) => runSchedule(env, openStore),
} satisfies ExportedHandler<Env>;

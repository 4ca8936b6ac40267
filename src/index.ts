import { createApp } from "./app.ts";
import { runSchedule } from "./schedule.ts";
import { openD1 } from "./store/d1.ts";

/** The Worker: answers HTTP requests, and catches meters up on its cron trigger. */
export default {
  fetch: createApp(openD1).fetch,
  scheduled: (_controller, env) => runSchedule(env, openD1),
} satisfies ExportedHandler<Env>;

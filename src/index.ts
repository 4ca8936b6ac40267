import { app } from "./app.ts";
import { connect } from "./db/client.ts";
import { log } from "./log.ts";
import { catchUp } from "./meters/rollup.ts";

/** Transactions that one run of the cron trigger may take: D1 allows 1,000 statements an invocation. */
const RUNS = 200;

/** The Worker: answers HTTP requests, and on its cron trigger moves events into the meters' rollups. */
export default {
  fetch: app.fetch,
  async scheduled(_controller, env) {
    const runs = await catchUp(connect(env.DB), { runs: RUNS });
    log("info", { catch_up_runs: runs });
  },
} satisfies ExportedHandler<Env>;

import { app } from "./app.ts";
import { connect } from "./db/client.ts";
import { catchUpAndLog } from "./meters/rollup.ts";

/** Transactions that one run of the cron trigger may take: D1 allows 1,000 statements an invocation. */
const RUNS = 150;

/** The Worker: answers HTTP requests, and on its cron trigger moves events into the meters' rollups. */
export default {
  fetch: app.fetch,
  async scheduled(_controller, env) {
    await catchUpAndLog(connect(env.DB), { runs: RUNS });
  },
} satisfies ExportedHandler<Env>;

import { Budget } from "../jobs/budget.ts";
import { countDeliveries } from "../outbox/put.ts";
import type { OpenStore } from "../store/store.ts";
import { deliver } from "./deliver.ts";

/** The platform ends what follows an answer after 30 seconds; an attempt takes up to ten. */
const BUDGET = { statements: 300, milliseconds: 12_000 };

/**
 * Opens stores whose writes are followed by the sending of what they have put into the outbox.
 * @param continueWith keeps the invocation alive until the sending has ended
 */
export function sendingAfterWrites(open: OpenStore, continueWith: (work: Promise<void>) => void): OpenStore {
  return (env, home, usage) => {
    const store = open(env, home, usage);
    let [isSending, isMore] = [false, false];
    const send = async () => {
      const budget = new Budget(BUDGET);
      // What is put just as the sending ends would wait for the schedule otherwise.
      while (isMore && budget.mayGoOn()) {
        isMore = false;
        const there = open(env, { organizationId: home.organizationId, store: store.kind() });
        await deliver([there], budget, { env, fetch });
      }
    };
    return {
      ...store,
      async write(statements, options) {
        const results = await store.write(statements, options);
        const put = Math.max(
          ...[statements, options?.repeat ?? []].map((written) => countDeliveries(written, results)),
        );
        if (usage !== undefined) usage.deliveries += put;
        isMore ||= put > 0;
        if (put > 0 && !isSending) {
          isSending = true;
          continueWith(send().finally(() => (isSending = false)));
        }
        return results;
      },
    };
  };
}

import { withinTime } from "../time/time-limit.ts";
import { log } from "../log.ts";
import { causeOf, failureOf, StoreTimeout } from "../store/failures.ts";
import { defaultStore } from "../store/kinds.ts";
import { requireStore } from "../store/readiness.ts";
import type { OpenStore } from "../store/store.ts";

type Check = { status: "ok" | "failed"; duration_ms: number };
/** Whether the dependencies work, each by its name. */
export type Readiness = { status: "ok" | "failed"; checks: Record<string, Check> };

/** Milliseconds without an answer after which a dependency counts as failed. */
const CHECK_TIME = 5000;
/** Milliseconds for which an isolate reuses a result, so that frequent requests do not load the dependencies. */
const MAX_AGE = 5000;

let last: { at: number; readiness: Readiness } | undefined;

/**
 * Checks whether the dependencies work. Of concurrent requests, all but the first get the previous result.
 * @param usesObjects whether objects are in use although they are not the default
 */
export async function readReadiness(openStore: OpenStore, env: Env, usesObjects: boolean): Promise<Readiness> {
  const now = Date.now();
  if (last !== undefined) {
    if (now >= last.at && now - last.at < MAX_AGE) return last.readiness;
    last.at = now;
  }
  const readiness = await checkAll(openStore, env, usesObjects);
  last = { at: now, readiness };
  return readiness;
}

async function checkAll(openStore: OpenStore, env: Env, usesObjects: boolean): Promise<Readiness> {
  const work: Record<string, () => Promise<unknown>> = {
    d1: () => requireStore.d1(openStore, env),
    kv: () => env.TOKENS.get("readyz"),
  };
  // Without need, no object is created.
  if (usesObjects || env.STORE !== "d1") {
    work["object"] = async () => {
      if (defaultStore(env.STORE) === "object" || usesObjects) await requireStore.object(openStore, env);
    };
  }
  const results = await Promise.all(
    Object.entries(work).map(async ([name, run]) => [name, await check(name, run)] as const),
  );
  const status = results.every(([, each]) => each.status === "ok") ? "ok" : "failed";
  return { status, checks: Object.fromEntries(results) };
}

async function check(name: string, run: () => Promise<unknown>): Promise<Check> {
  const start = Date.now();
  const answer = (status: Check["status"]) => ({ status, duration_ms: Date.now() - start });
  try {
    await withinTime(CHECK_TIME, run, () => new StoreTimeout());
    return answer("ok");
  } catch (thrown) {
    log("error", { error: "NotReady", check: name, failure: failureOf(thrown), cause: causeOf(thrown) });
    return answer("failed");
  }
}

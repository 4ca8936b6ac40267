import { afterEach, beforeEach, vi } from "vitest";
import { emptyStores } from "./empty.ts";
import { beginWatch, leaks } from "./log-watch.ts";

beforeEach(async () => {
  beginWatch();
  await emptyStores();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  // In every test: no line of the Worker's log contains what the test sent.
  const found = leaks();
  if (found.length > 0) throw new Error(`the log has what only the caller may know: ${found.join("; ")}`);
});

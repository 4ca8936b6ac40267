import { env } from "cloudflare:workers";
import { vi } from "vitest";

/** Lets the next two transactions lose their connection, before or after they were carried out. */
export function loseBatches({ after }: { after: boolean }): void {
  const batch = env.DB.batch.bind(env.DB);
  let failures = 2;
  vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    if (failures-- <= 0) return batch(statements);
    if (after) await batch(statements);
    throw new Error("D1_ERROR: Network connection lost.");
  });
}

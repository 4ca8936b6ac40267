import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startLocal } from "./local.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the data of the shared server is. */
    folder: string;
  }
}

/** Starts the server that the files of a project share, each with an organization of its own: openShared() waits for it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "edgemeter-"));
  project.provide("folder", folder);
  const starting = startLocal({ folder });
  // Reported at the end, with what the server has printed.
  starting.catch(() => {});
  return async () => {
    const local = await starting;
    await local.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type Local, startLocal } from "./local.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the data of the shared server is. */
    folder: string;
  }
}

type Shared = { folder: string; starting: Promise<Local>; projects: number };
/** One server for all projects of a run, each of which loads this module anew. */
const run = globalThis as { sharedServer?: Shared };

/** Starts the server that the files of all projects share, each with an organization of its own: openShared() waits for it. */
export default function setup(project: TestProject): () => Promise<void> {
  const shared = (run.sharedServer ??= start());
  shared.projects++;
  project.provide("folder", shared.folder);
  return async () => {
    if (--shared.projects > 0) return;
    const local = await shared.starting;
    await local.stop();
    await rm(shared.folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

function start(): Shared {
  const folder = mkdtempSync(join(tmpdir(), "edgemeter-"));
  // Pages of other sites whose host is localhost may frame the portal; those of 127.0.0.1 may not.
  const starting = startLocal({ folder, flags: ["--var", "PORTAL_FRAME_ANCESTORS:http://localhost:*"] });
  // Reported at the end, with what the server has printed.
  starting.catch(() => {});
  return { folder, starting, projects: 0 };
}

import { readdirSync, readFileSync } from "node:fs";

/** The processes of workerd that this process has started and that have not ended, by their ids. */
export function findRuntimes(): string[] {
  return processes().filter((id) => {
    const status = statusOf(id);
    return /^Name:\s+workerd$/m.test(status) && Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]) === process.pid;
  });
}

/**
 * The most memory that a process has had since it started, in MiB.
 * @returns undefined where there is no /proc
 */
export function memoryOf(id: string | undefined): number | undefined {
  if (id === undefined) return undefined;
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(statusOf(id))?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
}

function processes(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function statusOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/status`, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
}

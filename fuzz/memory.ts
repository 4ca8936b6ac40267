import { existsSync, readdirSync, readFileSync } from "node:fs";

/** MiB by which the last tenth of a run may exceed the first: between two collections the heap grows by several hundred. */
const MAX_GROWTH = 768;
/** The share of a run in which caches fill, and the heap grows to what the largest bodies need at once. */
const WARM_UP = 0.5;
/** With fewer samples there is no verdict. */
const FEWEST = 50;

/** Samples the memory of a process's workerds, for as long as the process lives. */
export class Memory {
  readonly #samples: number[] = [];
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(pid: number) {
    if (!existsSync("/proc/self/status")) return;
    this.#timer = setInterval(() => {
      const resident = residentOf(pid);
      if (resident > 0) this.#samples.push(resident);
    }, 100);
  }

  /** The median of the last second, in MiB, after a moment of rest; null where memory cannot be read. */
  async settled(): Promise<number | null> {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const last = this.#samples.slice(-10);
    return last.length === 0 ? null : median(last);
  }

  /** Ends sampling. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Returns a line about what was seen so far, and whether memory grew too much. */
  judge(): { line: string; grew: boolean } {
    const samples = this.#samples;
    if (samples.length < FEWEST) return { line: "memory: too few samples", grew: false };
    const warm = samples.slice(Math.floor(samples.length * WARM_UP));
    const tenth = Math.ceil(warm.length / 10);
    const [first, last] = [median(warm.slice(0, tenth)), median(warm.slice(-tenth))];
    const peak = samples.reduce((most, each) => Math.max(most, each), 0);
    const grew = last - first > MAX_GROWTH;
    const share = Math.ceil(samples.length / 10);
    const course = Array.from({ length: 10 }, (_, at) =>
      median(samples.slice(Math.min(at * share, samples.length - 1), (at + 1) * share)),
    );
    const line = `memory of workerd in MiB: ${course.join(" ")} in the tenths of the run, start ${samples[0]}, after warm-up ${first}, at the end ${last}, peak ${peak}`;
    return { line: grew ? `${line}: more than ${MAX_GROWTH} MiB of growth` : line, grew };
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** MiB that the workerds below a process have in memory. */
function residentOf(root: number): number {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(statusOf);
  const family = new Set([root]);
  // A child may be listed before its parent: three rounds reach every workerd below scripts/dev.ts.
  for (let round = 0; round < 3; round++) {
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  const own = processes.filter(({ pid, name }) => family.has(pid) && name === "workerd");
  return Math.round(own.reduce((sum, { kilobytes }) => sum + kilobytes, 0) / 1024);
}

function statusOf(pid: string): { pid: number; name: string; parent: number; kilobytes: number } {
  let text = "";
  try {
    text = readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    // It has ended meanwhile.
  }
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(text)?.[1] ?? "";
  return { pid: Number(pid), name: field("Name"), parent: Number(field("PPid")), kilobytes: Number(field("VmRSS")) };
}

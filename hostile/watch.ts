import { readdirSync, readFileSync } from "node:fs";
import type { Report } from "./report.ts";

/** Milliseconds from one sample of memory to the next. */
const INTERVAL = 100;
/** The share of a life in which caches fill, and the heap grows to what the largest bodies need at once. */
const WARM_UP = 0.5;
/** The minimum number of samples for a result. */
const FEWEST = 50;
/** Lines of the log that are kept. */
const KEPT = 200;

/** Monitors a running server: its memory, and its log apart from the lines of requests. */
export class Watch {
  readonly #report: Report;
  /** MiB of the runtime in this life. */
  #samples: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** MiB of the runtime at the end of each life. */
  readonly ends: number[] = [];
  #lines: string[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  /** Begins to sample the memory of a process group. */
  beginLife(group: number): void {
    clearInterval(this.#timer);
    this.#samples = [];
    const runtimes = findRuntimes(group);
    this.#timer = setInterval(() => {
      const resident = Math.round(runtimes.reduce((sum, id) => sum + residentOf(id), 0) / 1024);
      if (resident > 0) this.#samples.push(resident);
    }, INTERVAL).unref();
  }

  /** Remembers how much memory a life has had when it ends. */
  endLife(): void {
    const last = this.#samples.at(-1);
    if (last !== undefined) this.ends.push(last);
  }

  /** Reads a line of the log. A failure in a request also shows in its answer, one after the answer only here. */
  read(line: string): void {
    this.#lines = [...this.#lines.slice(1 - KEPT), line];
    if (line.startsWith('{"level":"error"') && !line.includes('"request_id"')) {
      this.#report.fail({ problems: [`logged: ${line}`] });
    }
  }

  /** The newest lines of the log in which there is a text. */
  lastLines(text = "", count = 5): string[] {
    return this.#lines.filter((line) => line.includes(text)).slice(-count);
  }

  /** The median of the last second, in MiB, after a moment of rest; null where memory cannot be read. */
  async settled(): Promise<number | null> {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const last = this.#samples.slice(-10);
    return last.length === 0 ? null : median(last);
  }

  /** Checks this life: its last tenth may exceed the first one after the warm-up by some MiB. */
  judgeLife(mostGrowth: number): void {
    const samples = this.#samples;
    if (samples.length < FEWEST) return;
    const warm = samples.slice(Math.floor(samples.length * WARM_UP));
    const tenth = Math.ceil(warm.length / 10);
    const [first, last] = [median(warm.slice(0, tenth)), median(warm.slice(-tenth))];
    const share = Math.ceil(samples.length / 10);
    const course = Array.from({ length: 10 }, (_, at) =>
      median(samples.slice(Math.min(at * share, samples.length - 1), (at + 1) * share)),
    );
    this.#report.judge(
      last - first <= mostGrowth,
      `memory in MiB: ${course.join(" ")} in the tenths of the run, after warm-up ${first}, at the end ${last}`,
    );
  }

  /** Checks all lives: the last one may end with some MiB more than the first one. */
  judgeLives(mostGrowth: number): void {
    const [first = 0, last = 0] = [this.ends[0], this.ends.at(-1)];
    this.#report.judge(last - first <= mostGrowth, `memory at each kill in MiB: ${this.ends.join(" ")}`);
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** The workerds in a process group; none where there is no /proc. */
function findRuntimes(group: number): string[] {
  try {
    const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return ids.filter((id) => {
      const stat = read(id, "stat");
      // After the name in brackets: the state, the parent and the group.
      return /^\d+ \(workerd\)/.test(stat) && Number(stat.split(") ")[1]?.split(" ")[2]) === group;
    });
  } catch {
    return [];
  }
}

/** KiB that a process has in memory. */
function residentOf(id: string): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(id, "status"))?.[1] ?? 0);
}

function read(id: string, file: string): string {
  try {
    return readFileSync(`/proc/${id}/${file}`, "utf8");
  } catch {
    // The process has ended meanwhile.
    return "";
  }
}

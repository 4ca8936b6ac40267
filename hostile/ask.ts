import { type Answer, request, type Request } from "./exchange.ts";
import { findProblems } from "./judge.ts";
import type { Report } from "./report.ts";
import type { Server } from "./server.ts";

/** Milliseconds after which a request that is repeated is sent again. */
const PAUSE = 200;
/** Milliseconds after which a repeated request has failed: longer than a move of many events refuses writes. */
const PATIENCE = 300_000;

/** The range of a number between the certain minimum and the possible maximum: some outcomes are unknown. */
export type Range = { least: number; most: number };

/** Sends requests with a principal's token, and checks each answer. */
export class Asker {
  readonly report: Report;
  readonly #server: Server;
  readonly #name: string;
  readonly #as: Request["as"];
  /** The longest time in milliseconds that a request needed, repetitions included. */
  longest = 0;
  /** What webhooks have to tell: customers that were created, and other changes of customers' states. */
  readonly told = { created: 0, changed: 0 };

  constructor(server: Server, report: Report, name: string, as: Request["as"]) {
    this.#server = server;
    this.report = report;
    this.#name = name;
    this.#as = as;
  }

  /** Sends a request once; its status is 0 when the server was killed meanwhile. */
  async once(
    method: string,
    path: string,
    json?: object,
    more: { key?: string; as?: Request["as"] } = {},
  ): Promise<Answer> {
    const { key, as = this.#as } = more;
    const sent = request(method, path, { as, json, headers: key === undefined ? {} : { "Idempotency-Key": key } });
    const answer = await this.#server.send(sent);
    this.report.record(this.#name, sent, answer);
    const problems = findProblems(sent, answer);
    if (problems.length > 0) this.report.fail({ problems, request: sent, label: this.#name });
    else if (answer.status !== 0) this.report.passed++;
    return answer;
  }

  /**
   * Sends a request that can be repeated until it is carried out or refused.
   * @throws an error when it never is
   */
  async until(...sent: Parameters<Asker["once"]>): Promise<Answer> {
    const start = Date.now();
    for (;;) {
      const answer = await this.once(...sent);
      this.longest = Math.max(this.longest, Date.now() - start);
      if (answer.status !== 0 && answer.status < 500) return answer;
      if (this.longest > PATIENCE) throw new Error(`${sent[0]} ${sent[1]} is never carried out: ${answer.text}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** Reports an answer that should have had another status. */
  require(status: number, what: string, answer: Answer): boolean {
    if (answer.status === status) return true;
    this.report.fail({
      problems: [`${what}: status ${answer.status}, expected ${status}: ${answer.text.slice(0, 300)}`],
      label: this.#name,
    });
    return false;
  }

  /** Reports a number that is not in its range. */
  compare(what: string, found: number, { least, most }: Range): void {
    if (found >= least && found <= most) this.report.passed++;
    else this.report.fail({ problems: [`${what} ${found}, expected ${least} to ${most}`], label: this.#name });
  }
}

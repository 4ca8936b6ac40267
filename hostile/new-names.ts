import { type Request, request } from "./exchange.ts";
import { findProblems } from "./judge.ts";
import type { Report } from "./report.ts";
import type { Server } from "./server.ts";
import type { State } from "./state.ts";

/** Requests that are sent before memory is measured first, and between the two measurements. */
const BEFORE = 500;
const BETWEEN = 2500;
/** The maximum growth of memory by these requests in MiB: about 25 KiB per request. */
const MAX_GROWTH = 128;
const CLIENTS = 4;

/**
 * Sends many small requests, each with new names, and compares memory before and after: anything that the Worker keeps for
 * each name would never be freed.
 */
export async function sendNewNames(server: Server, state: State, report: Report): Promise<void> {
  await sendAll(state, report, 0, BEFORE);
  const before = await server.watch.settled();
  await sendAll(state, report, BEFORE, BEFORE + BETWEEN);
  const after = await server.watch.settled();
  if (before === null || after === null) return;
  report.judge(
    after - before <= MAX_GROWTH,
    `memory grew by ${after - before} MiB in ${BETWEEN} requests of new names`,
  );
}

async function sendAll(state: State, report: Report, from: number, to: number): Promise<void> {
  let at = from;
  const client = async () => {
    while (at < to) {
      const sent = uniqueRequest(at++);
      const problems = findProblems(sent, await state.send(sent));
      if (problems.length > 0) report.fail({ problems, request: sent, label: "new names" });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** A request that is refused, so that only its parsing can keep memory. */
function uniqueRequest(at: number): Request {
  if (at % 5 === 0) return request("GET", `/v1/nothing-${at}`, { as: { header: `Bearer ${at}` } });
  const zone = [..."america/argentina/buenos_aires"]
    .map((char, bit) => ((at >> bit) & 1 ? char.toUpperCase() : char))
    .join("");
  const query = new URLSearchParams({
    timezone: zone,
    interval: "none",
    [`metadata[${at}]`]: "x",
    external_customer_id: String(at),
  });
  return request("GET", `/v1/meters/@meters:0@/quantities?${query.toString()}`);
}

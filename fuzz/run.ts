import { parseArgs } from "node:util";
import { caseAt } from "./cases.ts";
import { findProblems, findSlowness } from "./check.ts";
import { KNOWN } from "./known.ts";
import { describe, print, Report, type Sent } from "./report.ts";
import { Server } from "./server.ts";
import { soak } from "./soak.ts";
import { prepare } from "./state.ts";
import type { Answer } from "./types.ts";

// Sends a local server requests made from the API's document and hostile ones, and judges each answer.
//   --seed N      makes the same requests again (the default is a new one each time)
//   --requests N  how many are sent (the default is 2000)
//   --only N      sends the requests of one case, and shows the answers

/** Cases that run at once: enough for races, few enough that they hardly slow each other down. */
const CLIENTS = 2;
/** Servers that may end during a run. */
const MAX_RESTARTS = 10;
/** How many of the last requests are shown when the server has ended. */
const LAST = 4;

const { values } = parseArgs({
  options: { seed: { type: "string" }, requests: { type: "string", default: "2000" }, only: { type: "string" } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const report = new Report(seed);

/** Slow beside another request, which may have been the slow one: sent again alone at the end. */
const suspects: Sent[] = [];
const last: Sent[] = [];
const underWay = new Set<Sent>();
let restarts = 0;
let current = start();

// Ends the server too, which would go on by itself.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void current.then(close).finally(() => process.exit(130)));
}

print(`seed ${seed}`);
const only = values.only === undefined ? undefined : Number(values.only);
const requests = Number(values.requests);
await (only === undefined ? sendMany(requests) : runCase(only));
await confirmSuspects();
if (only === undefined) await judgeServer(await current);
await close(await current);
report.finish();
process.exit(report.failed === 0 ? 0 : 1);

/** A server that never started shows nothing about requests: it may try once more. */
async function start(): Promise<Server> {
  const server = await Server.start().catch(() => Server.start());
  await prepare(server);
  return server;
}

async function sendMany(count: number): Promise<void> {
  await current;
  const indexes = indexesOf(count);
  const client = async (from: Iterable<number>) => {
    for (const index of from) await runCase(index);
  };
  // One after the other: some of them have been slow.
  await client(KNOWN.keys());
  await Promise.all(Array.from({ length: CLIENTS }, () => client(indexes)));
  if (restarts > MAX_RESTARTS) report.failRun("the server ended too often; the run is not complete");
}

/** The cases after the known ones that together make a number of requests. */
function* indexesOf(count: number): Generator<number> {
  const begin = performance.now();
  let planned = 0;
  for (let index = KNOWN.length; planned < count; index++) {
    if (restarts > MAX_RESTARTS) return;
    const before = planned;
    planned += caseAt(seed, index).steps.length;
    if (Math.floor(before / 500) < Math.floor(planned / 500)) {
      print(`${planned} requests, ${Math.round((performance.now() - begin) / 1000)} s`);
    }
    yield index;
  }
}

async function runCase(index: number, isRepeated = false): Promise<void> {
  const { kind, steps, verify } = caseAt(seed, index);
  const answers: Answer[] = [];
  for (const request of steps) {
    const sent = { index, kind, request };
    const answer = await exchange(sent);
    if (answer === "the server ended" && !isRepeated) return runCase(index, true);
    if (answer === "the server ended") report.fail(sent, ["the server ended each time that this was sent"]);
    if (typeof answer === "string") return;
    if (only !== undefined) report.show(sent, answer);
    answers.push(answer);
    const problems = findProblems(request, answer);
    if (request === steps.at(-1)) problems.push(...(verify?.(answers) ?? []));
    if (problems.length > 0) report.fail(sent, problems, answer.status < 500 ? "" : await logged());
    else if (findSlowness(request, answer).length > 0) suspects.push(sent);
    else report.passed++;
  }
}

/**
 * Sends a request; without an answer that is a failure. wrangler dev 4.116 now and then ends by itself, whatever is sent
 * (cloudflare/workers-sdk#15203): another one takes its place, and only a case that ends it twice has failed.
 */
async function exchange(sent: Sent): Promise<Answer | "no answer" | "the server ended"> {
  const using = current;
  const server = await using;
  underWay.add(sent);
  last.push(sent);
  if (last.length > LAST) last.shift();
  try {
    const answer = await server.send(sent.request);
    // wrangler dev's own answer while it stops the Worker; the Worker's answers have an id.
    if (answer.status === 500 && !answer.headers.has("X-Request-Id")) throw new Error(answer.text.slice(0, 200));
    report.timed(sent, answer);
    return answer;
  } catch (error) {
    if (await server.hasEnded()) {
      if (using === current) replace(server);
      return "the server ended";
    }
    report.fail(sent, [`no answer: ${String(error)}`]);
    return "no answer";
  } finally {
    underWay.delete(sent);
  }
}

function replace(server: Server): void {
  const suspected = [...new Set([...last, ...underWay])];
  const shown = suspected.map((each) => `case ${each.index}, ${each.kind}\n${describe(each.request)}`);
  print(`wrangler dev ended by itself; the last requests were:\n${shown.join("\n")}\n`);
  restarts++;
  print(server.memory.judge().line);
  current = close(server).then(start);
}

/** The lines that the server has logged last. */
async function logged(): Promise<string> {
  const lines = (await current).local.output().split("\n");
  return lines
    .filter((line) => line.includes("500"))
    .slice(-1)
    .join("\n")
    .slice(0, 2000);
}

async function confirmSuspects(): Promise<void> {
  for (const sent of suspects) {
    const answer = await exchange(sent);
    if (typeof answer === "string") continue;
    const problems = findSlowness(sent.request, answer);
    if (problems.length > 0) report.fail(sent, problems);
    else report.passed++;
  }
}

/** Judges memory after the soak, whose many small requests let the collector run: what is left is kept. */
async function judgeServer(server: Server): Promise<void> {
  const soaked = await soak(server).catch((error: unknown) => ({
    line: `the soak broke off: ${String(error)}`,
    grew: true,
  }));
  for (const found of [soaked, server.memory.judge()]) {
    if (found?.grew === true) report.failRun(found.line);
    else if (found !== null) print(found.line);
  }
}

async function close(server: Server): Promise<void> {
  server.memory.stop();
  await server.local.stop();
}

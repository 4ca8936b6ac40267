import { parseArgs } from "node:util";
import { caseAt } from "./cases/all.ts";
import { KNOWN } from "./cases/known.ts";
import type { Answer, Request } from "./exchange.ts";
import { findProblems, findSlowness } from "./judge.ts";
import { sendNewNames } from "./new-names.ts";
import { describeExchange, print, Report } from "./report.ts";
import { Server } from "./server.ts";
import { State } from "./state.ts";

const USAGE = `npm run fuzz [-- options]

Sends a local server requests made from the API's document and hostile ones, and judges each answer.

  --seed N      makes the same requests again (default: a new one each time)
  --requests N  how many are sent (default: 2000)
  --only N      sends the requests of one case, and shows the answers
`;

/** The number of concurrent cases: enough for races, few enough that they hardly slow each other down. */
const CLIENTS = 2;
/** MiB by which memory may grow in the second half of a run: between two collections the heap grows by several hundred. */
const MAX_GROWTH = 768;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    requests: { type: "string", default: "2000" },
    only: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit();
}
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const only = values.only === undefined ? undefined : Number(values.only);
print(`seed ${seed}`);

const report = new Report();
const server = await Server.start(report);
const state = await State.store(server);
/** Requests that were slow while others ran; they are sent again alone at the end. */
const suspects: { label: string; sent: Request }[] = [];
const AGAIN = `again: npm run fuzz -- --seed ${seed} --only <case>`;

if (only === undefined) await sendMany(Number(values.requests));
else await runCase(only);
for (const { label, sent } of suspects) {
  const answer = await exchange(label, sent);
  settle(label, sent, answer, [...problemsOf(sent, answer), ...findSlowness(sent, answer)]);
}
if (only === undefined) {
  // Many small requests let the collector run: what is left after them is kept.
  await sendNewNames(server, state, report);
  server.watch.judgeLife(MAX_GROWTH);
}
process.exit(report.finish());

async function sendMany(count: number): Promise<void> {
  const indexes = indexesOf(count);
  const client = async (from: Iterable<number>) => {
    for (const index of from) await runCase(index);
  };
  // One after the other: some of them have been slow.
  await client(KNOWN.keys());
  await Promise.all(Array.from({ length: CLIENTS }, () => client(indexes)));
}

/** The cases after the known ones that together make a number of requests. */
function* indexesOf(count: number): Generator<number> {
  const begin = performance.now();
  let planned = 0;
  for (let index = KNOWN.length; planned < count; index++) {
    const before = planned;
    planned += caseAt(seed, index).steps.length;
    if (Math.floor(before / 500) < Math.floor(planned / 500)) {
      print(`${planned} requests, ${Math.round((performance.now() - begin) / 1000)} s`);
    }
    yield index;
  }
}

async function runCase(index: number): Promise<void> {
  const { kind, steps, verify } = caseAt(seed, index);
  const label = `case ${index}, ${kind}`;
  const answers: Answer[] = [];
  for (const sent of steps) {
    const answer = await exchange(label, sent);
    if (only !== undefined) print(describeExchange(sent, answer));
    answers.push(answer);
    const problems = problemsOf(sent, answer);
    if (answer.status === 0) return settle(label, sent, answer, problems);
    if (answers.length === steps.length) problems.push(...(verify?.(answers) ?? []));
    if (problems.length === 0 && findSlowness(sent, answer).length > 0) suspects.push({ label, sent });
    else settle(label, sent, answer, problems);
  }
}

async function exchange(label: string, sent: Request): Promise<Answer> {
  const answer = await state.send(sent);
  report.record(label, sent, answer);
  return answer;
}

/** Checks an answer of a server that is not killed: then 503 is wrong, too. */
function problemsOf(sent: Request, answer: Answer): string[] {
  return answer.status === 503 ? [`status 503: ${answer.text}`] : findProblems(sent, answer);
}

function settle(label: string, sent: Request, { status, headers }: Answer, problems: string[]): void {
  if (problems.length === 0) report.passed++;
  else {
    const lines = status < 500 ? [] : server.watch.lastLines(headers.get("X-Request-Id") ?? "");
    report.fail({ problems, request: sent, label, more: [...lines, AGAIN] });
  }
}

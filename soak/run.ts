import { parseArgs } from "node:util";
import { problems, statuses } from "./ask.ts";
import { Client, createMeter, type Shared } from "./client.ts";
import { ORGANIZATIONS } from "./organizations.ts";
import { Runtime } from "./runtime.ts";

const USAGE = `npm run soak [-- options]

Sends mixed requests to a local runtime that is killed (SIGKILL) and started again every so often, and checks that no
accepted event is lost, none is counted twice, and no answer is a 5xx other than 503 with Retry-After.

  --minutes N   how long (default: 10)
  --restart N   seconds from one kill to the next (default: 60)
  --store S     d1 or object: only that store (default: both)
  --clients N   clients in all (default: 16)
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    restart: { type: "string", default: "60" },
    store: { type: "string" },
    clients: { type: "string", default: "16" },
    help: { type: "boolean", default: false },
  },
});

/** MiB by which the runtime's memory may be larger at the end of its last life than at the end of its first. */
const MAX_GROWTH = 256;

if (values.help) process.stdout.write(USAGE);
else process.exitCode = (await soak(Number(values.minutes), Number(values.restart))) ? 0 : 1;

async function soak(minutes: number, restart: number): Promise<boolean> {
  const runtime = await Runtime.start();
  const stop = () => void runtime.stop().finally(() => process.exit(130));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const clients = await prepare(runtime.url);
    const until = Date.now() + minutes * 60_000;
    const running = Promise.all(clients.map((client) => client.run(() => Date.now() < until)));
    let restarts = 0;
    while (Date.now() + restart * 1000 < until) {
      await new Promise((resolve) => setTimeout(resolve, restart * 1000));
      await runtime.restart();
      restarts++;
    }
    await running;
    // Once more, so that what is compared is what a killed runtime has kept.
    await runtime.restart();
    for (const client of clients) await client.verify();
    report(runtime, clients, restarts + 1);
  } finally {
    await runtime.stop();
  }
  return problems.length === 0;
}

/** The clients, the same number in each organization, and the meter that they share there. */
async function prepare(url: string): Promise<Client[]> {
  // Both that begin where they stay; the third one is moved by hand.
  const organizations = ORGANIZATIONS.slice(0, 2).filter(({ store }) => (values.store ?? store) === store);
  const shares = Number(values.clients) / organizations.length;
  const clients: Client[] = [];
  for (const { id, store } of organizations) {
    const meter = await createMeter(url, id, "use");
    const shared: Shared = { url, organization: id, meter };
    for (let index = 0; index < shares; index++) clients.push(new Client(shared, `${store}-${index}`));
  }
  return clients;
}

function report({ memory }: Runtime, clients: Client[], restarts: number): void {
  const sumOf = (count: (client: Client) => number) => clients.reduce((sum, client) => sum + count(client), 0);
  const [events, revoked] = [sumOf(({ accepted }) => accepted), sumOf((client) => client.revoked)];
  const [first = 0, last = 0] = [memory[0], memory.at(-1)];
  if (last - first > MAX_GROWTH) problems.push(`memory grew from ${first} to ${last} MiB`);
  const line = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status === 0 ? "no answer" : status}: ${count}`); // prettier-ignore
  process.stdout.write(
    `${events} events accepted by ${clients.length} clients, ${revoked} tokens deleted, ${restarts} kills; answers ${line.join(", ")}\n` +
      `memory of the runtime at each kill, MiB: ${memory.join(" ")}\n` +
      problems
        .slice(0, 20)
        .map((problem) => `PROBLEM ${problem}\n`)
        .join("") +
      `${problems.length === 0 ? "1 passed, 0 failed" : `0 passed, ${problems.length} failed`}\n`,
  );
}

import { parseArgs } from "node:util";
import { Asker } from "./ask.ts";
import { Client, createMeter } from "./client.ts";
import { Receiver } from "./receiver.ts";
import { ORGANIZATIONS, type OrganizationName } from "./principals.ts";
import { Report } from "./report.ts";
import { Server } from "./server.ts";
import { Spending } from "./spending.ts";
import { Watching } from "./watching.ts";

const USAGE = `npm run soak [-- options]

Sends mixed requests to a local server that is killed (SIGKILL) and started again every so often, and checks that no
accepted event is lost, none is counted twice, nothing is allowed beyond a balance, alerts trigger exactly once, every
webhook event arrives, and no answer is a 5xx other than 503 with Retry-After.

  --minutes N   how long (default: 10)
  --restart N   seconds from one kill to the next (default: 60)
  --store S     d1 or object: only that store (default: both)
  --clients N   clients in all (default: 16)
`;

/** MiB by which the server's memory may be larger at the end of its last life than at the end of its first. */
const MAX_GROWTH = 256;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    restart: { type: "string", default: "60" },
    store: { type: "string" },
    clients: { type: "string", default: "16" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit();
}

const report = new Report();
// The server inherits it.
process.env["WEBHOOKS_INSECURE"] = "local";
const receiver = await Receiver.start();
const server = await Server.start(report);
const watchings = new Map<OrganizationName, Watching>();
const clients = await prepare();
const kills = await killUntil(Date.now() + Number(values.minutes) * 60_000, Number(values.restart) * 1000);
receiver.isReliable = true;
for (const client of clients) await client.verify();
const spendings = [...new Map(clients.map((client) => [client.spending, client]))];
for (const [spending, client] of spendings) await spending.verify(client);
const sumOf = (count: (client: Client) => number) => clients.reduce((sum, client) => sum + count(client), 0);
const [units, revoked] = [sumOf(({ expected }) => expected.units.least), sumOf((client) => client.revoked)];
report.judge(
  units > 0,
  `${units} events accepted by ${clients.length} clients, ${revoked} tokens deleted, ${kills} kills`,
);
for (const [{ allowed, denied }] of spendings)
  report.judge(allowed > 0 && denied > 0, `${allowed} consumes and holds allowed, ${denied} denied`);
const verifications = [...watchings].map(([organization, watching]) => {
  const own = clients.filter((client) => client.organization === organization);
  return watching.verify(own, [...own.map(({ customer }) => customer), `spender-${organization}`]);
});
await Promise.all(verifications);
report.judge(receiver.attempts > 0, `${receiver.attempts} attempts of webhooks`);
server.watch.judgeLives(MAX_GROWTH);
process.exit(report.finish());

/** The clients, the same number in each organization, and the meter that they share there. */
async function prepare(): Promise<Client[]> {
  // The two organizations that are not moved.
  const organizations: OrganizationName[] = (["d1", "object"] as const).filter(
    (name) => (values.store ?? name) === ORGANIZATIONS[name].store,
  );
  const share = Math.ceil(Number(values.clients) / organizations.length);
  const groups = organizations.map(async (organization) => {
    const asker = new Asker(server, report, organization, organization);
    const meter = await createMeter(asker, "use");
    const watching = new Watching(asker, { organization, meter, receiver });
    await watching.create();
    watchings.set(organization, watching);
    const spending = new Spending(`spender-${organization}`, meter);
    await spending.create(asker);
    const shared = { server, report, organization, meter, spending };
    return Array.from({ length: share }, (_, index) => new Client(shared, `${organization}-${index}`));
  });
  return (await Promise.all(groups)).flat();
}

/** Lets the clients run until a time while the server is killed every so often, and returns how often it was. */
async function killUntil(until: number, interval: number): Promise<number> {
  const running = Promise.all(clients.map((client) => client.run(() => Date.now() < until)));
  // The server is killed once more after the last request, so that the comparison uses persisted data.
  let count = 1;
  while (Date.now() + interval < until) {
    await new Promise((resolve) => setTimeout(resolve, interval));
    await server.restart();
    count++;
  }
  await running;
  await server.restart();
  return count;
}

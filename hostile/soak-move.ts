import { parseArgs } from "node:util";
import { askOperator, move, repeat } from "../scripts/operator.ts";
import { Asker } from "./ask.ts";
import { Client, createMeter } from "./client.ts";
import { jsonOf } from "./exchange.ts";
import { ORGANIZATIONS, tokenNamed } from "./principals.ts";
import { print, Report } from "./report.ts";
import { Receiver } from "./receiver.ts";
import { Server } from "./server.ts";
import { Spending } from "./spending.ts";
import { Watching } from "./watching.ts";

// Moves an organization with many events while clients go on writing and reading, and checks what each of them has:
//   npm run soak:move -- --events 200000

const { values } = parseArgs({ options: { events: { type: "string", default: "200000" } } });
const [CLIENTS, CUSTOMERS, METERS] = [4, 200, 3];
const organization = "moving";

const report = new Report();
// The server inherits it.
process.env["WEBHOOKS_INSECURE"] = "local";
const receiver = await Receiver.start();
const server = await Server.start(report);
const asker = new Asker(server, report, "loader", organization);
const meters: string[] = [];
for (let index = 0; index < METERS; index++) meters.push(await createMeter(asker, `use ${index}`));
await load(Number(values.events));
const before = await Promise.all(meters.map(totalOf));
print(`${values.events} events; totals ${before.join(", ")}`);

const watching = new Watching(asker, { organization, meter: meters[0]!, receiver });
await watching.create();
const spending = new Spending("spender", meters[0]!);
await spending.create(asker);
const shared = { server, report, organization, meter: meters[0]!, spending } as const;
const clients = Array.from({ length: CLIENTS }, (_, index) => new Client(shared, `mover-${index}`));
await moveUnder(clients);
for (const client of clients) await client.verify();
await spending.verify(asker);
await compareTotals();
receiver.isReliable = true;
await watching.verify(clients, [...clients.map(({ customer }) => customer), "spender"]);
const longest = Math.max(...clients.map((client) => client.longest));
print(`the longest wait for a write was ${(longest / 1000).toFixed(1)} s`);
process.exit(report.finish());

async function load(events: number): Promise<void> {
  for (let first = 0; first < events; first += 1000) {
    const some = Array.from({ length: Math.min(1000, events - first) }, (_, index) => ({
      name: "use",
      external_customer_id: `customer ${(first + index) % CUSTOMERS}`,
      external_id: `loaded ${first + index}`,
      timestamp: new Date(Date.UTC(2026, 0, 1) + (first + index) * 10_000).toISOString(),
      metadata: { v: 1, model: "some model", region: "eu" },
    }));
    await asker.until("POST", "/v1/events/ingest", { events: some });
  }
}

/** Moves the organization, and deletes what it leaves behind, while clients write and read. */
async function moveUnder(movers: Client[]): Promise<void> {
  let isMoving = true;
  const running = Promise.all(movers.map((client) => client.run(() => isMoving)));
  await pause(5);
  const base = `${server.url}/operator/organizations/${ORGANIZATIONS[organization].id}`;
  const operations = askOperator(base, async () => tokenNamed("operator"));
  await move(operations);
  await pause(5);
  await repeat(operations, "move/delete-old", "The rows in D1 were deleted.");
  await pause(5);
  isMoving = false;
  await running;
}

/** What the clients wrote is in each meter, and what was there before. */
async function compareTotals(): Promise<void> {
  const exact = clients.reduce((sum, { alerted }) => sum + alerted.total, spending.consumed);
  const sumOf = (bound: "least" | "most") => clients.reduce((sum, { expected }) => sum + expected.units[bound], exact);
  const written = { least: sumOf("least"), most: sumOf("most") };
  for (const [index, meter] of meters.entries()) {
    clients[0]!.compare(`meter ${index} gained`, (await totalOf(meter)) - before[index]!, written);
  }
  print(`${written.least} to ${written.most} units were written by ${CLIENTS} clients`);
}

async function totalOf(meter: string): Promise<number> {
  const end = new Date().toISOString().slice(0, 10);
  const query = `start_timestamp=2026-01-01T00:00:00Z&end_timestamp=${end}T00:00:00Z&interval=month`;
  return jsonOf(await asker.until("GET", `/v1/meters/${meter}/quantities?${query}`)).total;
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

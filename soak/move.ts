import { parseArgs } from "node:util";
import { askOperator, move, repeat } from "../scripts/operator.ts";
import { ask, askUntil, longest, problems, statuses } from "./ask.ts";
import { Client, createMeter } from "./client.ts";
import { OPERATOR, ORGANIZATIONS, tokenOfOrganization } from "./organizations.ts";
import { Runtime } from "./runtime.ts";

// Moves an organization with many events while clients go on writing and reading, and checks what each of them has:
//   npm run soak:move -- --events 200000

const { values } = parseArgs({ options: { events: { type: "string", default: "200000" } } });
const [CLIENTS, CUSTOMERS, METERS] = [4, 200, 3];
const { id: organization } = ORGANIZATIONS[2]!;
const token = tokenOfOrganization(organization);

const runtime = await Runtime.start();
try {
  await measure(runtime.url, Number(values.events));
} finally {
  await runtime.stop();
}
process.stdout.write(problems.map((problem) => `PROBLEM ${problem}\n`).join(""));
process.stdout.write(problems.length === 0 ? "1 passed, 0 failed\n" : `0 passed, ${problems.length} failed\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function measure(url: string, events: number): Promise<void> {
  const meters: string[] = [];
  for (let index = 0; index < METERS; index++) meters.push(await createMeter(url, organization, `use ${index}`));
  for (let sent = 0; sent < events; sent += 1000) await ingest(url, sent, Math.min(1000, events - sent));
  longest.wait = 0;
  const before = await Promise.all(meters.map((meter) => totalOf(url, meter)));
  process.stdout.write(`${events} events; totals ${before.join(", ")}\n`);

  const clients = Array.from({ length: CLIENTS }, (_, index) => new Client({ url, organization, meter: meters[0]! }, `mover-${index}`)); // prettier-ignore
  let isMoving = true;
  const running = Promise.all(clients.map((client) => client.run(() => isMoving)));
  await pause(5);
  const operations = askOperator(`${url}/operator/organizations/${organization}`, async () => OPERATOR);
  await move(operations);
  await pause(5);
  await repeat(operations, "move/delete-old", "The rows in D1 were deleted.");
  await pause(5);
  isMoving = false;
  await running;
  for (const client of clients) await client.verify();
  // What the clients wrote is in each meter, and what was there before.
  const written = clients.reduce((sum, { units }) => sum + units.least, 0);
  const possible = clients.reduce((sum, { units }) => sum + units.most, 0);
  for (const [index, meter] of meters.entries()) {
    const gained = (await totalOf(url, meter)) - before[index]!;
    if (gained < written || gained > possible)
      problems.push(`meter ${index} gained ${gained}, of ${written} to ${possible}`);
  }
  const wait = (longest.wait / 1000).toFixed(1);
  process.stdout.write(
    `the longest wait for a write was ${wait} s, 503 was answered ${statuses.get(503) ?? 0} times\n`,
  );
  process.stdout.write(`${written} to ${possible} units were written by ${CLIENTS} clients\n`);
}

async function ingest(url: string, first: number, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => ({
    name: "use",
    external_customer_id: `customer ${(first + index) % CUSTOMERS}`,
    external_id: `loaded ${first + index}`,
    timestamp: new Date(Date.UTC(2026, 0, 1) + (first + index) * 10_000).toISOString(),
    metadata: { v: 1, model: "some model", region: "eu" },
  }));
  await askUntil(() => ask(url, token, "POST", "/v1/events/ingest", { events }));
}

async function totalOf(url: string, meter: string): Promise<number> {
  const end = new Date().toISOString().slice(0, 10);
  const query = `start_timestamp=2026-01-01T00:00:00Z&end_timestamp=${end}T00:00:00Z&interval=month`;
  return (await askUntil(() => ask(url, token, "GET", `/v1/meters/${meter}/quantities?${query}`))).json.total;
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

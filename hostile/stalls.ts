import { parseArgs } from "node:util";
import { Asker } from "./ask.ts";
import { createMeter } from "./client.ts";
import { jsonOf } from "./exchange.ts";
import { ORGANIZATIONS } from "./principals.ts";
import { print, Report } from "./report.ts";
import { Server } from "./server.ts";

const USAGE = `npm run stalls [-- options]

Two organizations share a local D1. One has much data and sends requests that read as much of it as a request can; the
other one sends small requests meanwhile. Prints how long each of the first took, and the longest wait of the second.

  --events N   events of the large organization (default: 300000)
`;

const CUSTOMERS = 5000;
/** The numbers of customers with rows of their own, and of meters with expensive filters. */
const [KNOWN, METERS] = [950, 60];
/** Events of one customer that no meter has counted yet. */
const TAIL = 5000;
/** Each searches the whole text and finds nothing. */
const EXPENSIVE = Array.from({ length: 40 }, (_, at) => ({
  property: "text",
  operator: "not_like",
  value: `none ${at}`,
}));
/** Milliseconds from one small request to the next, and for which they are sent when nothing else happens. */
const [PAUSE, REST] = [10, 3000];

const { values } = parseArgs({
  options: { events: { type: "string", default: "300000" }, help: { type: "boolean", default: false } },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit();
}

const report = new Report();
const server = await Server.start(report);
// The second organization is in D1 too.
const large = new Asker(server, report, "large", "d1");
const small = new Asker(server, report, "small", "moving");
await createMeter(small, "small");
const usage = await createMeter(large, "use");
const late = await makeLate();
await load(Number(values.events));
const cheap = await makeMeters("cheap", []);
await makeMeters("expensive", EXPENSIVE);
await makeCustomers();
await untilCaughtUp();

const YEAR = "start_timestamp=2025-01-01T00:00:00Z&end_timestamp=2025-12-31T00:00:00Z&interval=day";
const MONTH = YEAR.replace("12-31", "01-31");
const BY_CUSTOMER = `/v1/meters/${usage}/quantities?customer_aggregation_function=sum`;
const ofMeters = `/v1/customer-meters/?limit=10&${cheap.map((id) => `meter_id=${id}`).join("&")}`;
const NAMED = Array.from({ length: 200 }, (_, at) => `external_customer_id=c${at}`).join("&");

print("| stall | status | its time, ms | longest foreign wait, ms |\n| --- | --- | --- | --- |");
await provoke("nothing");
await provoke("customer meters by meter, by balance", `${ofMeters}&sorting=-balance`);
await provoke("customer meters by meter, by customer", `${ofMeters}&sorting=customer_id`);
await provoke("events by customer", "/v1/events/?limit=10&external_customer_id=nobody");
await provoke("events by source", "/v1/events/?limit=10&source=system");
await provoke("events by text", `/v1/events/?limit=10&query=nothing&organization_id=${ORGANIZATIONS.d1.id}`);
await provoke("names", "/v1/events/names");
await provoke("quantities by customer, a year", `${BY_CUSTOMER}&${YEAR}`);
await provoke("quantities by customer, a month", `${BY_CUSTOMER}&${MONTH}`);
await provoke("quantities of 200 customers, a year", `/v1/meters/${usage}/quantities?${YEAR}&${NAMED}`);
await provoke("an external id after a reset", `/v1/customers/${late}`, { external_id: `c${CUSTOMERS - 1}` });
await ingestTail();
await provoke("state with expensive meters and a tail", "/v1/customers/external/c1/state");
// The schedule and ingestion catch up at the same time: alone, that says what of the wait before is theirs.
await ingestTail();
await provoke("catching up with expensive meters");
process.exit(report.failed === 0 ? 0 : 1);

/** Sends a request of the large organization, and small ones of the other until it is answered. */
async function provoke(stall: string, path?: string, json?: object): Promise<void> {
  const heavy = { isAnswered: false };
  const sending = (async () => {
    const answer = path === undefined ? null : await large.once(json === undefined ? "GET" : "PATCH", path, json);
    if (answer === null) await pause(REST);
    heavy.isAnswered = true;
    return answer;
  })();
  let longest = 0;
  while (!heavy.isAnswered) {
    const { milliseconds } = await small.once("GET", "/v1/meters/?limit=1");
    longest = Math.max(longest, milliseconds);
    await pause(PAUSE);
  }
  const answer = await sending;
  const time = answer === null ? "" : Math.round(answer.milliseconds);
  const status = answer?.status === 422 ? jsonOf(answer).detail[0].type : (answer?.status ?? "");
  print(`| ${stall} | ${status} | ${time} | ${Math.round(longest)} |`);
}

/** Events of many customers over a year: nearly each is a rollup of its own. */
async function load(events: number): Promise<void> {
  const step = Math.floor((365 * 86_400_000) / events);
  await ingest(events, (at) => ({
    name: "use",
    external_customer_id: `c${at % CUSTOMERS}`,
    timestamp: new Date(Date.UTC(2025, 0, 1) + at * step).toISOString(),
    metadata: { v: 1, model: "some model", region: "eu" },
  }));
}

/** Events of one customer that each of the expensive meters has to examine. */
async function ingestTail(): Promise<void> {
  await ingest(TAIL, (at) => {
    return { name: "long", external_customer_id: "c1", metadata: { v: 1, text: `${at} `.repeat(80) } };
  });
}

async function ingest(count: number, make: (at: number) => object): Promise<void> {
  for (let at = 0; at < count; at += 1000) {
    const events = Array.from({ length: Math.min(1000, count - at) }, (_, index) => make(at + index));
    large.require(200, "ingest", await large.until("POST", "/v1/events/ingest", { events }));
  }
}

/** Meters of the events that are loaded last. */
async function makeMeters(name: string, clauses: object[]): Promise<string[]> {
  const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "long" }, ...clauses] };
  const ids: string[] = [];
  for (let at = 0; at < METERS; at++) {
    const json = { name: `${name} ${at}`, filter, aggregation: { func: "count" } };
    ids.push(jsonOf(await large.until("POST", "/v1/meters/", json, { key: `${name} ${at}` })).id);
  }
  return ids;
}

async function makeCustomers(): Promise<void> {
  for (let at = 0; at < KNOWN; at++) {
    const json = { email: `c${at}@example.com`, external_id: `c${at}` };
    await large.until("POST", "/v1/customers/", json, { key: `customer ${at}` });
  }
}

/** A customer that was reset before all events, and has no external id yet. */
async function makeLate(): Promise<string> {
  const { id } = jsonOf(await large.until("POST", "/v1/customers/", { email: "late@example.com" }, { key: "late" }));
  await large.until("POST", "/v1/customer-meters/resets", { customer_id: id, meter_id: usage }, { key: "reset" });
  return id;
}

/** Waits until the schedule has counted the events: then a state needs hardly any of them. */
async function untilCaughtUp(): Promise<void> {
  for (let quick = 0; quick < 3;) {
    const { milliseconds } = await large.once("GET", `/v1/customers/external/c0/state`);
    quick = milliseconds < 100 ? quick + 1 : 0;
    await pause(1000);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

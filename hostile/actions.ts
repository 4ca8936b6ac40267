import type { Client } from "./client.ts";
import { jsonOf } from "./exchange.ts";

type Step = (client: Client) => Promise<void>;

/** The actions of clients while the server is killed repeatedly, with their relative frequencies. */
export const ACTIONS: { weight: number; run: Step }[] = [
  { weight: 20, run: ingestRepeatably },
  { weight: 10, run: ingestOnce },
  { weight: 10, run: credit },
  { weight: 1, run: createOwnMeter },
  { weight: 2, run: revokeToken },
  { weight: 10, run: checkQuantities },
  { weight: 10, run: checkState },
  { weight: 10, run: listEvents },
  { weight: 2, run: (client) => client.spending.credit(client, client.newName()) },
  { weight: 15, run: (client) => client.spending.consume(client, client.newName()) },
  { weight: 15, run: (client) => client.alerted.step(client, client.newName()) },
  { weight: 10, run: (client) => client.spending.hold(client, client.newName()) },
];

/** The final comparison, when nothing else runs. */
export const CHECKS: Step[] = [checkQuantities, checkState, checkMeters];

/** Events with external ids are sent until they are stored exactly once. */
async function ingestRepeatably(client: Client): Promise<void> {
  const name = client.newName();
  const events = newEvents(client).map((event, at) => ({ ...event, external_id: `${name} ${at}` }));
  client.expected.units.most += events.length;
  const answer = await client.until("POST", "/v1/events/ingest", { events });
  if (client.require(200, "ingest", answer)) client.expected.units.least += events.length;
}

/** Without external ids, it is unknown whether events without an answer were stored. */
async function ingestOnce(client: Client): Promise<void> {
  const events = newEvents(client);
  client.expected.units.most += events.length;
  const answer = await client.once("POST", "/v1/events/ingest", { events });
  if (answer.status === 0 || answer.status === 503) return;
  if (client.require(200, "ingest", answer)) client.expected.units.least += events.length;
}

function newEvents({ customer }: Client): object[] {
  const count = 1 + Math.floor(Math.random() * 100);
  return Array.from({ length: count }, () => ({ name: "use", external_customer_id: customer, metadata: { v: 1 } }));
}

async function credit(client: Client): Promise<void> {
  const { credits } = client.expected;
  credits.most += 2;
  const json = { external_customer_id: client.customer, meter_id: client.meter, units: 2 };
  const answer = await client.until("POST", "/v1/customer-meters/credits", json, { key: client.newName() });
  if (!client.require(201, "credit", answer)) return;
  credits.least += 2;
  client.told.changed++;
}

/** Rare, because each further meter makes catching up slower. */
async function createOwnMeter(client: Client): Promise<void> {
  const { meters } = client.expected;
  meters.most++;
  const filter = { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: client.customer }] };
  const json = { name: `of ${client.customer} `, filter, aggregation: { func: "count" } };
  const answer = await client.until("POST", "/v1/meters/", json, { key: client.newName() });
  if (client.require(201, "create", answer)) meters.least++;
}

/** Creates, uses and deletes a token; after the answer, the token must not write anything. */
async function revokeToken(client: Client): Promise<void> {
  const path = "/v1/organization-access-tokens/";
  const created = await client.once("POST", path, { comment: client.customer, scopes: ["events:write"] });
  if (created.status !== 201) return;
  const { token, organization_access_token } = jsonOf(created);
  const json = { events: [{ name: "revoked", external_customer_id: client.customer }] };
  const as = { header: `Bearer ${token}` };
  client.require(200, "a new token", await client.until("POST", "/v1/events/ingest", json, { as }));
  client.require(204, "delete", await client.until("DELETE", path + organization_access_token.id));
  const late = await client.once("POST", "/v1/events/ingest", json, { as });
  if (late.status === 0 || late.status === 503 || client.require(401, "a deleted token", late)) client.revoked++;
}

async function listEvents(client: Client): Promise<void> {
  await client.once("GET", `/v1/events/?limit=10&external_customer_id=${client.customer}`);
}

async function checkQuantities(client: Client): Promise<void> {
  const { units } = client.expected;
  const day = new Date().toISOString().slice(0, 10);
  const query = `start_timestamp=2026-01-01T00:00:00Z&end_timestamp=${day}T00:00:00Z&interval=month&external_customer_id=${client.customer}`;
  const { least } = units;
  const answer = await client.once("GET", `/v1/meters/${client.meter}/quantities?${query}`);
  if (answer.status === 200) client.compare("quantities", jsonOf(answer).total, { least, most: units.most });
}

async function checkState(client: Client): Promise<void> {
  const { units, credits } = client.expected;
  const [consumed, credited] = [units.least, credits.least];
  const answer = await client.once("GET", `/v1/customers/${client.customerId}/state`);
  if (answer.status !== 200) return;
  const own = jsonOf(answer).active_meters.find(({ meter_id }: any) => meter_id === client.meter);
  client.compare("consumed units", own?.consumed_units ?? 0, { least: consumed, most: units.most });
  client.compare("credited units", own?.credited_units ?? 0, { least: credited, most: credits.most });
}

async function checkMeters(client: Client): Promise<void> {
  const answer = await client.until("GET", `/v1/meters/?limit=1&query=${encodeURIComponent(`of ${client.customer} `)}`);
  client.compare("meters", jsonOf(answer).pagination.total_count, client.expected.meters);
}

import { startLocal } from "../test/sdk/local.ts";

/** Requests of one kind, and how many are under way at once. */
const CLIENTS = 8;

const local = await startLocal();
const headers = { Authorization: `Bearer ${local.token}`, "Content-Type": "application/json" };
const get = (path: string) => fetch(local.url + path, { headers });
const post = (path: string, body: unknown) =>
  fetch(local.url + path, { method: "POST", headers, body: JSON.stringify(body) });

try {
  const meter = {
    name: "Bench",
    filter: { conjunction: "and", clauses: [] },
    aggregation: { func: "sum", property: "n" },
  };
  // The floor: a request that is authenticated and finds nothing. What a line needs more is its own work.
  await measure("floor: 404 after authentication", 500, () => get("/v1/nothing"));
  const created = (await (await post("/v1/meters/", meter)).json()) as { id: string };
  await measure("GET /v1/meters/{id}", 500, () => get(`/v1/meters/${created.id}`));
  await measure("ingest, 1 event a request", 500, () => post("/v1/events/ingest", { events: events(1) }));
  await measure("ingest, 1,000 events a request", 40, () => post("/v1/events/ingest", { events: events(1000) }));
  const range = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-01-30T00:00:00Z&interval=day";
  const quantities = () => get(`/v1/meters/${created.id}/quantities?${range}`);
  await measure("quantities, 30 days, as caught up as it is", 100, quantities);
  await fetch(`${local.url}/cdn-cgi/handler/scheduled`);
  await measure("quantities, 30 days, caught up", 100, quantities);
  // Last, because each of these meters would take part in catch-up.
  await measure("POST /v1/meters/", 500, () => post("/v1/meters/", meter));
} finally {
  await local.stop();
}

function events(count: number): object[] {
  const start = Date.parse("2026-01-01T00:00:00Z");
  return Array.from({ length: count }, (_, i) => ({
    name: "ai_usage",
    external_customer_id: `customer ${i % 50}`,
    timestamp: new Date(start + (i % (30 * 96)) * 900_000).toISOString(),
    metadata: { n: i % 100 },
  }));
}

/** Sends requests from several clients and prints how many a second were answered, and how long they took. */
async function measure(name: string, count: number, send: () => Promise<Response>): Promise<void> {
  const times: number[] = [];
  let left = count;
  const begin = performance.now();
  const client = async () => {
    while (left-- > 0) {
      const start = performance.now();
      const response = await send();
      await response.text();
      if (response.status >= 500) throw new Error(`${name}: ${response.status}`);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const seconds = (performance.now() - begin) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => `${times[Math.floor((times.length - 1) * share)]?.toFixed(1)} ms`;
  process.stdout.write(
    `${name.padEnd(45)} ${(count / seconds).toFixed(0).padStart(6)} /s   median ${at(0.5)}, 95 % ${at(0.95)}\n`,
  );
}

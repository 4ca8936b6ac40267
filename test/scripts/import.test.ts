import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Organization } from "../sdk/local.ts";
import { openShared } from "../sdk/shared.ts";
import { PolarStandIn } from "./polar-stand-in.ts";
import { startScript } from "./run-script.ts";

/** More than fit into one window of pages, of which the stand-in answers small ones. */
const MANY = 2_240;
const PAGE_SIZE = 40;
/** How many events are of one moment; the window ends within them. */
const AT_ONCE = 2_080;
const START = Date.parse("2026-01-01T00:00:00Z");

let polar: Organization;
let here: Organization;
let standIn: PolarStandIn;
let polarUrl: string;

beforeAll(async () => {
  [polar, here] = await Promise.all([openShared(), openShared()]);
  standIn = new PolarStandIn(polar.url, PAGE_SIZE);
  polarUrl = await standIn.start();
  await fill();
});
afterAll(() => standIn?.stop());

async function ask({ url, token }: Organization, method: string, path: string, body?: unknown) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

const meterOf = (name: string, aggregation: object) => ({
  name,
  filter: { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "call" }] },
  aggregation,
});

/** Gives the stand-in's organization meters, customers and events of each kind. */
async function fill() {
  const post = (path: string, body: unknown) => ask(polar, "POST", path, body);
  await post("/v1/meters/", { ...meterOf("Sum", { func: "sum", property: "v" }), metadata: { team: "a" } });
  await post("/v1/meters/", { ...meterOf("Users", { func: "unique", property: "u" }), unit: "token" });
  const { id: archived } = await post("/v1/meters/", meterOf("Mean", { func: "avg", property: "v" }));
  await ask(polar, "PATCH", `/v1/meters/${archived}`, { is_archived: true });
  const [, unnamed, deleted] = await Promise.all(
    [{ external_id: "c1", name: "Ada" }, {}, {}, {}].map((fields, i) =>
      post("/v1/customers/", { email: `${i}@example.com`, ...fields }),
    ),
  );
  const customers = [{ external_customer_id: "c1" }, { customer_id: unnamed.id }, { customer_id: deleted.id }];
  const events = Array.from({ length: MANY }, (_, i) => ({
    name: "call",
    // Some from before 2023.
    timestamp: new Date(
      i < 50 ? Date.parse("2022-06-01T00:00:00Z") : START + Math.max(0, i - AT_ONCE) * 1000,
    ).toISOString(),
    ...customers[i % 3],
    metadata: { v: i % 7, u: `u${i % 11}`, _cost: { amount: "0.5", currency: "usd" } },
  }));
  await post("/v1/events/ingest", { events });
  const { items } = await ask(polar, "GET", "/v1/meters/?query=Sum");
  await post("/v1/customer-meters/credits", { customer_id: unnamed.id, meter_id: items[0].id, units: 5 });
  await ask(polar, "DELETE", `/v1/customers/${deleted.id}`);
}

const run = (...args: string[]) =>
  startScript("import", args, { ...process.env, POLAR_ACCESS_TOKEN: polar.token, EDGEMETER_TOKEN: here.token });

const from = () => ["--from", "polar", "--polar-server", polarUrl, "--requests-per-minute", "60000"];
const copy = () => run(...from(), "--to", here.url, "--confirm");
const countHere = async (path: string): Promise<number> =>
  (await ask(here, "GET", `${path}?limit=1`)).pagination.total_count;

describe("npm run import -- --from polar", { timeout: 240_000 }, () => {
  it("only reports without --confirm, and names what it can't carry over", async ({ expect }) => {
    standIn.rewrite = (url, text) =>
      url.pathname === "/v1/customers/"
        ? text.replace('"billing_address":null', '"billing_address":{"country":"NL"}')
        : text
            .replace('"v":3,', '"v":9007199254740993,')
            .replace('"parent_id":null', `"parent_id":"${crypto.randomUUID()}"`);
    const { code, stdout, stderr } = await run(...from()).ended;
    standIn.rewrite = (_, text) => text;
    expect([code, stderr.trim().split("\n").at(-1)]).toEqual([
      0,
      expect.stringContaining(`${MANY.toLocaleString("en")} of`),
    ]);
    for (const line of [
      "3 meters created",
      "1 of these meters archived",
      "3 customers created",
      "1 system events left out",
      "50 × event from before 2023",
      "billing_address of a customer: nothing is billed here",
      "event whose customer is not here",
      "parent_id of an event",
      "metadata.v: Integers beyond",
    ])
      expect(stdout).toContain(line);
    for (const path of ["/v1/meters/", "/v1/customers/", "/v1/events/"]) expect(await countHere(path)).toBe(0);
  });

  it("waits and repeats what fails, survives kill -9, and a second run completes it", async ({ expect }) => {
    const faults: [number, (response: ServerResponse) => void][] = [
      [3, (response) => void response.writeHead(429, { "Retry-After": "2" }).end()],
      [5, (response) => void response.writeHead(503, { "Retry-After": "0" }).end("busy")],
      [
        7,
        (response) => void response.writeHead(200, { "Content-Length": "1000" }).write("{", () => response.destroy()),
      ],
    ];
    // Customers that were here before: one with an id of its own, one without.
    await ask(here, "POST", "/v1/customers/", { email: "ada@example.com", external_id: "c1" });
    await ask(here, "POST", "/v1/customers/", { email: "3@example.com" });
    let [pages, begun, waited] = [0, 0, 0];
    const first = copy();
    standIn.fault = (url, response) => {
      if (!url.search.includes("sorting=timestamp")) return false;
      pages++;
      if (pages === 4) waited = Date.now() - begun;
      begun = Date.now();
      if (pages === 35) first.child.kill("SIGKILL");
      const fault = faults.find(([page]) => page === pages)?.[1];
      fault?.(response);
      return fault !== undefined;
    };
    expect((await first.ended).code).toBeNull();
    expect(waited).toBeGreaterThanOrEqual(2_000);
    const stored = await countHere("/v1/events/");
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(MANY);
    standIn.fault = () => false;

    const second = await copy().ended;
    expect(second.stdout).toContain(`${(MANY - stored).toLocaleString("en")} events created`);
    expect(second.stdout).toContain(`${stored.toLocaleString("en")} events that were here already`);
    expect(second.stdout).toContain("3 of 3 meters have the same quantities");
    expect(second.code).toBe(0);
    expect(await countHere("/v1/events/")).toBe(MANY);
    expect(await countHere("/v1/customers/")).toBe(3);
    expect(standIn.requests.some((path) => /sorting=timestamp/.test(path) && /start_timestamp/.test(path))).toBe(true);
    const meters = await ask(here, "GET", "/v1/meters/?sorting=created_at");
    expect(meters.items).toMatchObject([
      { name: "Sum", metadata: { team: "a", polar_id: expect.any(String) }, archived_at: null },
      { name: "Users", unit: "token" },
      { name: "Mean", archived_at: expect.any(String) },
    ]);
  });

  it("creates nothing twice, also when Polar has changed since, and goes on with --since", async ({ expect }) => {
    const { items } = await ask(polar, "GET", "/v1/meters/?query=Sum");
    await ask(polar, "PATCH", `/v1/meters/${items[0].id}`, { name: "Renamed" });
    await ask(polar, "PATCH", "/v1/customers/external/c1", { name: "Ada L." });
    const early = await run(...from(), "--before", "2023-01-01T00:00:00Z").ended;
    expect(early.stdout).toMatch(/^50 events created$/m);
    const since = new Date(START + 1_000).toISOString();
    standIn.requests.length = 0;
    const { code, stdout } = await run(...from(), "--to", here.url, "--confirm", "--since", since).ended;
    expect(code).toBe(0);
    expect(stdout).toContain("3 meters that were here already");
    expect(stdout).toContain("3 customers that were here already");
    expect(stdout).toMatch(/^0 events created$/m);
    expect(stdout).toContain(`${MANY - AT_ONCE - 1} events that were here already`);
    expect(await countHere("/v1/meters/")).toBe(3);
    expect(await countHere("/v1/customers/")).toBe(3);
    expect(standIn.requests.filter((path) => path.includes("sorting=timestamp"))).toHaveLength(4);
  });

  it("leaves out the events that are refused, and reports the meters that differ, with exit code 1", async ({
    expect,
  }) => {
    const { items } = await ask(here, "GET", "/v1/meters/?query=Sum");
    const event = {
      name: "call",
      external_customer_id: "c1",
      timestamp: new Date(START).toISOString(),
      metadata: { v: 5 },
    };
    await ask(here, "POST", "/v1/events/ingest", { events: [event] });
    // Integers that a double does not hold: the first of each page.
    standIn.rewrite = (_, text) => text.replace('"v":3,', '"v":9007199254740993,');
    const { code, stdout } = await copy().ended;
    standIn.rewrite = (_, text) => text;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}\d{2,} × event left out, because it is refused: metadata\.v: Integers beyond/m);
    expect(stdout).toMatch(new RegExp(`^Renamed \\(${items[0].id}\\) in 2026-01: \\d+ at Polar, \\d+ here$`, "m"));
    expect(stdout).toContain("1 of 3 meters have the same quantities");
  });

  it.for([
    ["no --from", []],
    ["an unknown flag", ["--from", "polar", "--fast"]],
    ["--confirm without --to", ["--from", "polar", "--confirm"]],
    ["an unknown server", ["--from", "polar", "--polar-server", "staging"]],
    ["a rate of nothing", ["--from", "polar", "--requests-per-minute", "0"]],
    ["a date without a time", ["--from", "polar", "--since", "2026-01-01"]],
  ] as [string, string[]][])("exits with 2 on %s, with one line that says why", async ([, args], { expect }) => {
    const { code, stdout, stderr } = await run(...args).ended;
    expect([code, stdout, stderr.trim().split("\n").length]).toEqual([2, "", 1]);
  });
});

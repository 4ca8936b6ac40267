import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import type { OpenStore, Statement } from "../../src/store/store.ts";
import { call, ORGANIZATION } from "../support/api.ts";
import { clauses, DAY, event, NAMED, setUp } from "../support/metering.ts";
import { toQuery } from "../../src/store/db.ts";
import { recording } from "../support/statements.ts";
import { execute, HOME } from "../support/stores.ts";

/** The tables that grow with the number of events: their statements are in the table below. */
const GROWING = ["events", "meter_rollups", "meter_uniques", "meter_value_counts", "meter_totals", "meter_total_uniques", "meter_dimensions", "meter_dimension_uniques", "customer_activity", "event_counts"]; // prettier-ignore
/** The tables that no statement may read from end to end. */
const TABLES = [...GROWING, "meters", "organizations", "customers", "holds"];

// How a statement finds rows of `events AS e`.
const TAIL = "SEARCH e USING PRIMARY KEY (organization_id=? AND seq>?)";
/** The tail of quantities: its bytes are added up first if its events could take too long. */
const QUANTITIES_TAIL = [TAIL, TAIL];
const CHUNK = "SEARCH e USING PRIMARY KEY (organization_id=? AND seq>? AND seq<?)";
const ONE_BY_SEQ = "SEARCH e USING PRIMARY KEY (organization_id=? AND seq=?)";
const ALL = "SEARCH e USING PRIMARY KEY (organization_id=?)";
const ALL_BY_TIME = "SEARCH e USING INDEX events_by_timestamp (organization_id=?)";
const SINCE = "SEARCH e USING INDEX events_by_timestamp (organization_id=? AND timestamp>?)";
/** The counts of events of whole buckets. */
const COUNTS = "SEARCH e USING PRIMARY KEY (organization_id=? AND bucket>? AND bucket<?)";
/** Those of some buckets, before their events are examined. */
const COUNTS_OF_BUCKET = "SEARCH of_bucket USING PRIMARY KEY (organization_id=? AND bucket=?)";
const RANGE = "SEARCH e USING INDEX events_by_timestamp (organization_id=? AND timestamp>? AND timestamp<?)";
/** Without reading the events themselves. */
const entriesOf = (access: string) => access.replace("INDEX", "COVERING INDEX");
/** The total of a list by times: most events are in whole buckets. */
const COUNTS_OF_EDGE = COUNTS.replace(" e ", " event_counts ");
const WHOLE_AND_EDGES = [COUNTS, COUNTS_OF_EDGE, TAIL, entriesOf(RANGE), COUNTS_OF_EDGE];
const SORT = "USE TEMP B-TREE FOR ORDER BY";
/** Only events of the same time are sorted: the reading can end with the page. */
const SORT_OF_TIES = "USE TEMP B-TREE FOR LAST TERM OF ORDER BY";

/** By their totals, for the places of the first and for the first. */
const SORT_OF_GROUPS = [SORT, "USE TEMP B-TREE FOR LAST 2 TERMS OF ORDER BY"];

// How a statement finds rows of `meter_rollups AS r` and of `meter_uniques AS r`.
const BUCKETS = "SEARCH r USING PRIMARY KEY (meter_id=? AND customer=? AND bucket>? AND bucket<?)";
/** The buckets of a value. */
const BY_VALUE = "SEARCH u USING COVERING INDEX meter_uniques_by_value (meter_id=? AND customer=? AND value=? AND bucket>? AND bucket<?)"; // prettier-ignore
/** The values of a key, and which of the tail's it has. */
const COUNTED = [BUCKETS, ...QUANTITIES_TAIL, BY_VALUE];
const NEXT_CUSTOMER = "SEARCH r USING PRIMARY KEY (meter_id=? AND customer>?)";
// How a statement finds rows of `meter_dimensions`, and of the distinct values in them, which have the same key.
const DIMENSION = "SEARCH r USING PRIMARY KEY (meter_id=? AND customer=? AND dimension=? AND bucket>? AND bucket<?)";
const VALUES_OF_DIMENSION = "SEARCH d USING PRIMARY KEY (meter_id=? AND customer=? AND dimension=? AND bucket=? AND dimension_value=?)"; // prettier-ignore
/** They are counted before they are read. */
const BY_DIMENSION = [DIMENSION, DIMENSION, ...QUANTITIES_TAIL, ...SORT_OF_GROUPS];
/** From end to end, as long as the meter has few. */
const EVERY_CUSTOMER = NEXT_CUSTOMER;
const EVERY_VALUE = NEXT_CUSTOMER.replace("PRIMARY KEY", "COVERING INDEX meter_uniques_by_value");
/** How catch-up finds the totals since resets to which it adds. */
const TOTALS = "SEARCH so_far USING PRIMARY KEY (meter_id=? AND customer=? AND since>? AND since<?)";
const ofMeter = (table: string) => `SEARCH ${table} USING PRIMARY KEY (meter_id=?)`;
const VALUES_OF_METER = "SEARCH meter_uniques USING COVERING INDEX meter_uniques_by_value (meter_id=?)";

/** Balances: the totals, and the events above the watermark. */
const BALANCES = ["SEARCH so_far USING PRIMARY KEY (meter_id=? AND customer=? AND since=?) LEFT-JOIN", TAIL];
/** The same, where the events are counted before they are read. */
const BALANCES_WITHIN_BUDGET = [...BALANCES.toReversed(), ONE_BY_SEQ];
/** The event of a credit or a reset. */
const EVENT = "SEARCH events USING PRIMARY KEY (organization_id=? AND seq=?)";
/** Whether that event was stored: the answer depends on it. */
const EVENT_EXISTS = EVENT.replace("events", "events EXISTS");
/** Whether a total has a value: one of all events, and one since a reset. */
const VALUE = [BY_VALUE.replace(" AND bucket>? AND bucket<?", ""), "SEARCH u USING PRIMARY KEY (meter_id=? AND customer=? AND since=? AND value=?)"]; // prettier-ignore
const NEXT_VALUE = VALUE.map((line) => line.replace("value=?", "value>?"));
/** Of unique meters: which values of the tail are new, and which ones both keys have, if both have any. */
const VALUES = [...VALUE, BALANCES[0]!.replace(" LEFT-JOIN", ""), SORT, ...NEXT_VALUE, ...VALUE];

// How a statement finds rows of `customer_activity AS a`.
const ACTIVITY = "SEARCH a USING PRIMARY KEY (organization_id=? AND customer=?)";

/** When the customers of a page of balances had their first events. */
const FIRST_EVENTS = [ACTIVITY, TAIL];
/** The rows of a page, when they are known: their customers, when each had its first event, and the events themselves. */
const PAGE_ROWS = [ONE_BY_SEQ, ACTIVITY, TAIL, ONE_BY_SEQ, SORT];

/** What the operations use: a token, an event, a customer, and meters that have or have not counted it. */
type Known = { token: string; event: string; customer: string } & Meters;
type Meters = { count: string; unique: string; unusedCount: string; unusedUnique: string };
type Run = (known: Known, open: OpenStore) => Promise<unknown>;
/** For each statement of an operation on a growing table, in order: how it finds its rows, and how it sorts. */
type Plans = Record<string, string[]>;

const get =
  (path: string | ((known: Known) => string)): Run =>
  (known, open) =>
    call("GET", typeof path === "string" ? path : path(known), { token: known.token, open });
/** As `get`, when an isolate has read the organization's meters before. */
const withKnownMeters =
  (path: (known: Known) => string): Run =>
  async (known, open) => {
    await call("GET", `/v1/customers/${known.customer}/state`, { token: known.token });
    return get(path)(known, open);
  };
const list = (query: string) => get(`/v1/events/?${query}`);
/** One row from a minute and a second on. */
const exact = (meter: "count" | "unique", at = "10:01") =>
  get((known) => `/v1/meters/${known[meter]}/quantities?start_timestamp=2026-01-01T00:${at}Z&end_timestamp=2026-01-02T00:${at}Z&interval=total`); // prettier-ignore
const quantities = (meter: "count" | "unique", more = "") =>
  get((known) => `/v1/meters/${known[meter]}/quantities?${DAY}${more}`);
/** Quantities of a new meter of events by their names, which is a dimension, as n is. */
const ofDimension =
  (aggregation: object, more: string): Run =>
  async ({ token }, open) => {
    const body = { name: "By name", filter: clauses(), aggregation, dimensions: ["name", "n"] };
    const { json } = await call("POST", "/v1/meters/", { token, body });
    return call("GET", `/v1/meters/${json.id}/quantities?${DAY}${more}`, { token, open });
  };
const redefine =
  (meter: "unusedCount" | "unusedUnique"): Run =>
  (known, open) =>
    call("PATCH", `/v1/meters/${known[meter]}`, { token: known.token, open, body: { filter: named("another") } });
const named = (value: string) => clauses({ property: "name", operator: "eq", value });

const UNIQUE = { func: "unique", property: "n" };
const FILTER = `filter=${encodeURIComponent(JSON.stringify(NAMED))}`;
const FROM = "start_timestamp=2026-01-01T00:00:00Z";
const MONTH = `${FROM}&end_timestamp=2026-02-01T00:00:00Z`;
const PREVIEW = { filter: NAMED, aggregation: { func: "sum", property: "n" } };
const BY_CUSTOMER = "&customer_aggregation_function=max";

const OPERATIONS: [operation: string, run: Run, plans: Plans][] = [
  [
    "ingestion, with a comparison of duplicates",
    ({ token }, open) => {
      const headers = { Prefer: "return=representation" };
      const body = { events: [{ ...event(), external_id: "x" }] };
      return call("POST", "/v1/events/ingest", { token, open, headers, body });
    },
    {
      insert: [],
      duplicates: ["SEARCH e USING INDEX events_by_external_id (organization_id=? AND external_id=?)"],
    },
  ],
  [
    "catch-up of a count meter and of a unique meter",
    (_, open) => catchUp(open(env, HOME), new Budget({ statements: 15 })),
    {
      "counts of events": [CHUNK],
      activity: [CHUNK],
      "size of the chunk, its end, its names": [CHUNK, CHUNK, CHUNK],
      rollups: [CHUNK],
      totals: [CHUNK, TOTALS],
      "totals of unique": [CHUNK, TOTALS, ...VALUE],
      "counts of values": [CHUNK, BY_VALUE.replace("bucket>? AND ", ""), SORT, BY_VALUE.replace(" AND bucket<?", "")],
      "empty counts": ["SEARCH meter_value_counts USING INDEX meter_value_counts_empty (meter_id=?)"],
      "values of unique": [CHUNK],
      "values of totals": [CHUNK, TOTALS],
    },
  ],

  ["one customer", get(({ customer }) => `/v1/customers/${customer}`), { customer: [ACTIVITY, TAIL] }],
  ["one customer by external id", get("/v1/customers/external/c1"), { customer: [ACTIVITY, TAIL] }],
  ["list of customers", get("/v1/customers/"), { page: [SORT_OF_TIES, ACTIVITY, TAIL, SORT] }],
  [
    "a new customer",
    ({ token }, open) => call("POST", "/v1/customers/", { token, open, body: { email: "b@example.com" } }),
    { activity: [ACTIVITY, TAIL] },
  ],

  [
    "state of a customer",
    withKnownMeters(({ customer }) => `/v1/customers/${customer}/state`),
    { customer: [ACTIVITY, TAIL], balances: [...BALANCES_WITHIN_BUDGET, ...VALUES] },
  ],
  [
    "balances of a customer",
    withKnownMeters(({ customer }) => `/v1/customer-meters/?customer_id=${customer}`),
    { page: [...BALANCES_WITHIN_BUDGET, ...VALUES, SORT, ...FIRST_EVENTS, SORT] },
  ],
  [
    "balances on a meter",
    withKnownMeters(({ count }) => `/v1/customer-meters/?meter_id=${count}&sorting=balance`),
    { page: [...BALANCES_WITHIN_BUDGET, SORT, ...FIRST_EVENTS, SORT] },
  ],
  [
    "balances on a meter, by customer",
    withKnownMeters(({ count }) => `/v1/customer-meters/?meter_id=${count}&sorting=customer_id`),
    { page: [SORT, ...BALANCES_WITHIN_BUDGET, SORT, ...FIRST_EVENTS, SORT] },
  ],
  [
    "a credit",
    ({ token, customer, count }, open) => {
      const body = { customer_id: customer, meter_id: count, units: 1 };
      return call("POST", "/v1/customer-meters/credits", { token, open, body });
    },
    { customer: [ACTIVITY, TAIL], event: [], "webhook event": [EVENT_EXISTS], answer: [...BALANCES, EVENT_EXISTS] },
  ],
  [
    "a reset with rollover",
    ({ token, customer, count }, open) => {
      const body = { customer_id: customer, meter_id: count, rollover: true };
      return call("POST", "/v1/customer-meters/resets", { token, open, body });
    },
    {
      customer: [ACTIVITY, TAIL],
      "credit event, if anything is left": BALANCES,
      "reset event": [],
      balance: [EVENT],
      "delete values": [
        "SEARCH meter_total_uniques USING PRIMARY KEY (meter_id=? AND customer=? AND since=? AND value=?)",
        "SEARCH meter_total_uniques USING PRIMARY KEY (meter_id=? AND customer=? AND since>? AND since<?)",
      ],
      "delete totals": ["SEARCH meter_totals USING PRIMARY KEY (meter_id=? AND customer=? AND since>?)"],
      totals: [],
      "webhook event": [EVENT_EXISTS],
      answer: [...BALANCES, EVENT_EXISTS],
    },
  ],

  [
    "a consumption",
    ({ token, customer, count }, open) => {
      const body = { customer_id: customer, meter_id: count, minimum_balance: -100, event: { name: "gen" } };
      return call("POST", "/v1/customer-meters/consume", { token, open, body });
    },
    {
      "customer and meter": [ACTIVITY, TAIL],
      // With the event, and without it.
      decision: [...BALANCES, ACTIVITY, TAIL],
      insertion: BALANCES,
      number: [EVENT_EXISTS],
    },
  ],

  ["quantities of count", quantities("count"), { quantities: [BUCKETS, ...QUANTITIES_TAIL] }],
  ["quantities of unique", quantities("unique"), { quantities: COUNTED }],
  [
    "an exact total of unique",
    exact("unique"),
    {
      budget: [RANGE],
      "budget of the end": [RANGE],
      quantities: [BUCKETS, ONE_BY_SEQ, ...QUANTITIES_TAIL, entriesOf(RANGE), entriesOf(RANGE), BY_VALUE],
    },
  ],
  ["an exact total of whole quarters", exact("count", "00:00"), { quantities: [BUCKETS, ...QUANTITIES_TAIL] }],
  [
    "quantities of one customer",
    quantities("count", "&external_customer_id=c1"),
    { quantities: [BUCKETS, ...QUANTITIES_TAIL] },
  ],
  [
    "quantities of unique of one customer",
    quantities("unique", "&external_customer_id=c1"),
    // Which of the customer's keys has values, and the values themselves if both have.
    { quantities: [BUCKETS.replace("r ", "r EXISTS "), ...COUNTED, BUCKETS, BUCKETS] },
  ],
  [
    "groups of count by customer",
    quantities("count", "&group_by=customer"),
    {
      quantities: [BUCKETS, ...QUANTITIES_TAIL],
      groups: [EVERY_CUSTOMER, NEXT_CUSTOMER, EVERY_CUSTOMER, BUCKETS, BUCKETS, ...QUANTITIES_TAIL, ...SORT_OF_GROUPS],
    },
  ],
  [
    "groups of count by a property",
    quantities("count", "&group_by=n"),
    { budget: [RANGE], quantities: [BUCKETS, ...QUANTITIES_TAIL], groups: [RANGE, ...SORT_OF_GROUPS] },
  ],
  [
    "groups of count by a dimension",
    ofDimension({ func: "count" }, "&group_by=name"),
    { quantities: [BUCKETS, ...QUANTITIES_TAIL], groups: BY_DIMENSION },
  ],
  [
    "groups of unique by a dimension",
    ofDimension(UNIQUE, "&group_by=name"),
    { quantities: COUNTED, groups: BY_DIMENSION },
  ],
  [
    "groups of count by a dimension, of one customer",
    ofDimension({ func: "count" }, "&group_by=name&external_customer_id=c1"),
    { quantities: [BUCKETS, ...QUANTITIES_TAIL], groups: BY_DIMENSION },
  ],
  [
    "quantities of count with a condition on a dimension",
    ofDimension({ func: "count" }, "&metadata[n]=1"),
    { quantities: [BUCKETS, VALUES_OF_DIMENSION, ...QUANTITIES_TAIL] },
  ],
  [
    "quantities of count by customer",
    quantities("count", BY_CUSTOMER),
    { quantities: [EVERY_CUSTOMER, NEXT_CUSTOMER, EVERY_CUSTOMER, BUCKETS, BUCKETS, ...QUANTITIES_TAIL] },
  ],
  [
    "quantities of unique by customer",
    quantities("unique", BY_CUSTOMER),
    {
      quantities: [EVERY_CUSTOMER, EVERY_VALUE, NEXT_CUSTOMER, EVERY_CUSTOMER, BUCKETS, BUCKETS, BUCKETS, EVERY_VALUE, BUCKETS, ...QUANTITIES_TAIL], // prettier-ignore
    },
  ],
  ["quantities of count, scanned", quantities("count", "&metadata[n]=1"), { budget: [RANGE], quantities: [RANGE] }],
  ["quantities of unique, scanned", quantities("unique", "&metadata[n]=1"), { budget: [RANGE], quantities: [RANGE] }],
  [
    "quantities of count by customer, scanned",
    quantities("count", `${BY_CUSTOMER}&metadata[n]=1`),
    { budget: [RANGE], quantities: [RANGE] },
  ],
  [
    "preview",
    ({ token }, open) => {
      const body = { ...PREVIEW, ...Object.fromEntries(new URLSearchParams(DAY)) };
      return call("POST", "/v1/meters/preview", { token, open, body });
    },
    { budget: [RANGE], quantities: [RANGE], "first events": [RANGE, SORT, ...PAGE_ROWS] },
  ],

  [
    "a new filter of a count meter",
    redefine("unusedCount"),
    {
      tail: [TAIL],
      check: [ofMeter("meter_rollups"), TAIL],
      update: [ofMeter("meter_rollups"), TAIL],
      "delete values": [VALUES_OF_METER],
      "delete counts of values": [ofMeter("meter_value_counts")],
      "delete rollups": [ofMeter("meter_rollups")],
      "delete rollups of dimensions": [ofMeter("meter_dimensions")],
      "delete values of dimensions": [ofMeter("meter_dimension_uniques")],
      "delete values of totals": [ofMeter("meter_total_uniques")],
      "delete totals": [ofMeter("meter_totals")],
      "start since resets again": [ofMeter("meter_totals")],
    },
  ],
  [
    "a new filter of a unique meter",
    redefine("unusedUnique"),
    {
      tail: [TAIL],
      check: [VALUES_OF_METER, TAIL],
      update: [VALUES_OF_METER, TAIL],
      "delete values": [VALUES_OF_METER],
      "delete counts of values": [ofMeter("meter_value_counts")],
      "delete rollups": [ofMeter("meter_rollups")],
      "delete rollups of dimensions": [ofMeter("meter_dimensions")],
      "delete values of dimensions": [ofMeter("meter_dimension_uniques")],
      "delete values of totals": [ofMeter("meter_total_uniques")],
      "delete totals": [ofMeter("meter_totals")],
      "start since resets again": [ofMeter("meter_totals")],
    },
  ],

  ["one event", get(({ event: id }) => `/v1/events/${id}`), { event: ["SEARCH e USING PRIMARY KEY (organization_id=? AND seq=?)", ...PAGE_ROWS] }], // prettier-ignore
  ["names of events", get("/v1/events/names"), { names: [COUNTS, COUNTS_OF_BUCKET, RANGE, TAIL, SORT, SORT] }],
  ["list", list(""), { page: [entriesOf(RANGE), SORT_OF_TIES, ONE_BY_SEQ, ...PAGE_ROWS], total: [COUNTS, TAIL] }],
  [
    "list, oldest first",
    list("sorting=timestamp"),
    { page: [entriesOf(RANGE), ONE_BY_SEQ, ...PAGE_ROWS], total: [COUNTS, TAIL] },
  ],
  [
    "list of a range",
    list(MONTH),
    { page: [entriesOf(RANGE), SORT_OF_TIES, ONE_BY_SEQ, ...PAGE_ROWS], total: WHOLE_AND_EDGES },
  ],
  [
    "list since a time",
    list(FROM),
    { page: [entriesOf(RANGE), SORT_OF_TIES, ONE_BY_SEQ, ...PAGE_ROWS], total: WHOLE_AND_EDGES },
  ],
  [
    "list of a customer",
    list("external_customer_id=c1"),
    { budget: [entriesOf(RANGE)], page: [ALL_BY_TIME, SORT_OF_TIES, ...PAGE_ROWS], total: [ALL] },
  ],
  [
    "list by name",
    list("name=gen"),
    {
      page: [COUNTS, COUNTS_OF_BUCKET, RANGE, TAIL, ONE_BY_SEQ, SORT, ONE_BY_SEQ, ...PAGE_ROWS],
      total: [COUNTS, TAIL, COUNTS, COUNTS_OF_BUCKET],
    },
  ],
  [
    "list by customer, name, source and a part of the name",
    list(`external_customer_id=c1&name=gen&source=user&query=gen&organization_id=${ORGANIZATION}`),
    { budget: [entriesOf(RANGE)], page: [ALL_BY_TIME, SORT_OF_TIES, ...PAGE_ROWS], total: [ALL] },
  ],
  [
    "list by metadata",
    list("metadata[n]=1"),
    { budget: [RANGE], page: [ALL_BY_TIME, SORT_OF_TIES, ...PAGE_ROWS], total: [ALL] },
  ],
  // The bound values of a filter come first, so the events are no longer read in the order of time.
  ["list with a filter", list(FILTER), { budget: [RANGE], page: [ALL, SORT, ...PAGE_ROWS], total: [ALL] }],
  [
    "list with a filter, of a range",
    list(`${FILTER}&${MONTH}`),
    { budget: [RANGE], page: [RANGE, SORT, ...PAGE_ROWS], total: [RANGE] },
  ],
  [
    "list of a meter",
    get(({ count }) => `/v1/events/?meter_id=${count}&${FROM}`),
    { budget: [RANGE], page: [SINCE, SORT, ...PAGE_ROWS], total: [SINCE] },
  ],
  [
    "list with a filter that needs no metadata to be read",
    list(`filter=${encodeURIComponent(JSON.stringify(clauses()))}&${MONTH}`),
    { budget: [entriesOf(RANGE)], page: [RANGE, SORT_OF_TIES, ...PAGE_ROWS], total: [entriesOf(RANGE)] },
  ],
];

async function planOf(statement: Statement): Promise<string[]> {
  type Line = { id: number; parent: number; detail: string };
  const { sql: text, params } = toQuery(statement);
  const plan: Line[] = await execute({ sql: `EXPLAIN QUERY PLAN ${text}`, params });
  // SQLite sorts both sides of a UNION to merge them: here these are the few identities of a customer.
  const sides = new Set(plan.filter(({ detail }) => detail === "LEFT" || detail === "RIGHT").map(({ id }) => id));
  return plan.filter(({ detail, parent }) => detail !== SORT || !sides.has(parent)).map(({ detail }) => detail);
}

/** The names by which a statement knows some tables. */
function aliasesOf(statement: Statement, tables: string[]): Set<string> {
  // Drizzle quotes names, and writes no AS in front of a table's other name.
  const text = toQuery(statement).sql.replaceAll('" "', '" AS "').replaceAll('"', "");
  const uses = [...text.matchAll(/\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)(?:\s+AS\s+(\w+))?/gi)];
  return new Set(uses.filter(([, table]) => tables.includes(table!)).map(([, table, alias]) => alias ?? table!));
}

/** The name of the table that a line of a plan reads. */
function aliasOf(line: string): string {
  return /^(?:SEARCH|SCAN) (\w+)/.exec(line)?.[1] ?? "";
}

async function setUpMeters(): Promise<Known> {
  const { token, create, ingest } = await setUp();
  await ingest(event({ n: 1 }));
  const aggregation = UNIQUE;
  const [count, unique, unusedCount, unusedUnique] = [
    await create({ filter: NAMED }),
    await create({ filter: NAMED, aggregation }),
    await create({ filter: named("none") }),
    await create({ filter: named("none"), aggregation }),
  ].map(({ id }) => id);
  const { json } = await call("GET", "/v1/events/", { token });
  const body = { email: "ada@example.com", external_id: "c1" };
  const { json: customer } = await call("POST", "/v1/customers/", { token, body });
  return { token, event: json.items[0].id, customer: customer.id, count, unique, unusedCount, unusedUnique };
}

describe("The statements of an operation find their rows by an index", () => {
  it.for(OPERATIONS)("%s", async ([, run, plans], { expect }) => {
    const known = await setUpMeters();
    const { open, statements } = recording();
    await run(known, open);
    const found: string[][] = [];
    for (const statement of statements) {
      // Definitions call every event `e`, also one of a balance's few recent events, which are read from end to end.
      const isBalance = toQuery(statement).sql.includes("recent AS e");
      const plan = (await planOf(statement)).filter((line) => line !== "SCAN e" || !isBalance);
      const tables = aliasesOf(statement, TABLES);
      expect(plan.filter((line) => line.startsWith("SCAN") && tables.has(aliasOf(line)))).toEqual([]);
      const growing = aliasesOf(statement, GROWING);
      if (growing.size === 0) continue;
      found.push(plan.filter((line) => growing.has(aliasOf(line)) || line.endsWith("ORDER BY")));
    }
    const names = Object.keys(plans);
    expect(Object.fromEntries(found.map((lines, i) => [names[i] ?? `statement ${i + 1}`, lines]))).toEqual(plans);
  });
});

describe("Quantities by customer", () => {
  it("find the period of a rollup and of a part of the tail by an index, which SQLite makes for the statement", async ({
    expect,
  }) => {
    const known = await setUpMeters();
    const { open, statements } = recording();
    await quantities("count", BY_CUSTOMER)(known, open);
    const plans = (await Promise.all(statements.map(planOf))).flat();
    expect(plans.filter((line) => /slots.*AUTOMATIC/.test(line))).toEqual(
      Array(3).fill("SEARCH slots USING AUTOMATIC COVERING INDEX (slot=?)"),
    );
  });
});

describe("Catch-up", () => {
  it("finds the meters of an event by indexes of names and of places, which SQLite makes for the statement", async ({
    expect,
  }) => {
    await setUpMeters();
    const { open, statements } = recording();
    await catchUp(open(env, HOME), new Budget({ statements: 13 }));
    const additions = statements.filter((statement) => toQuery(statement).sql.includes("INSERT INTO meter_"));
    const joins = (await Promise.all(additions.map(planOf))).map((plan) => plan.filter((line) => /^SEARCH [mn] .*AUTOMATIC/.test(line))); // prettier-ignore
    // A statement of one meter can leave out rows.
    const plain = joins.map((lines) => lines.map((line) => line.replace(" PARTIAL", "")));
    const expected = ["n USING AUTOMATIC COVERING INDEX (name=?)", "m USING AUTOMATIC COVERING INDEX (place=?)"];
    expect(plain).toEqual(
      Array.from({ length: 6 }, () => expected).map((lines) => lines.map((line) => `SEARCH ${line}`)),
    );
  });
});

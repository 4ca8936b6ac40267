import { threadCpuUsage } from "node:process";
import { describe, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { Email } from "../../src/customers/email.ts";
import { CostMetadata } from "../../src/events/metadata.ts";
import { matchesIfNoneMatch } from "../../src/http/conditional.ts";
import { readQuery } from "../../src/http/query.ts";
import { parseJson } from "../../src/wire/json.ts";
import { Positive, QueryBoolean } from "../../src/wire/query.ts";
import { Timestamp } from "../../src/wire/timestamp.ts";
import { Uuid4 } from "../../src/wire/uuid.ts";
import { isTimeZone } from "../../src/time/zone.ts";

const app = createApp(() => {
  throw new Error("no request of this test gets as far as a store");
});
const LISTS = new Set(["name"]);
const amount = (text: string) => CostMetadata.safeParse({ amount: text, currency: "usd" });
const request = (path: string, headers: Record<string, string> = {}, body?: string) =>
  app.request(path, { method: body === undefined ? "GET" : "POST", headers, ...(body !== undefined && { body }) }, {});
const tags = (header: string) =>
  matchesIfNoneMatch({ req: { header: () => header } } as unknown as Parameters<typeof matchesIfNoneMatch>[0], '"1"');
const json = (text: string) => {
  try {
    parseJson(text);
  } catch {}
};

/** Each expression that sees a caller's text, with texts that would make an ambiguous expression backtrack. */
const CASES: [name: string, run: (size: number) => unknown][] = [
  ["an amount of digits that ends badly", (n) => amount(`${"1".repeat(n)}x`)],
  ["an amount of zeros", (n) => amount("0".repeat(n))],
  ["an amount of zeros before a digit at its end", (n) => amount(`0.${"0".repeat(n)}1`)],
  ["an amount of white space", (n) => amount(`${" ".repeat(n)}x${" ".repeat(n)}x`)],
  ["a path of slashes", (n) => request(`/v1/${"/".repeat(n)}x`)],
  ["a path that begins with slashes", (n) => request(`${"/".repeat(n)}x`)],
  ["a path that ends with slashes", (n) => request(`/v1/x${"/".repeat(n)}`)],
  ["credentials of spaces", (n) => request("/v1/meters/", { Authorization: `Bearer${" ".repeat(n)}\tx` })],
  ["credentials of one long token", (n) => request("/v1/meters/", { Authorization: `Bearer ${"x".repeat(n)}` })],
  [
    "a content type of plus signs",
    (n) => request("/v1/meters/", { "Content-Type": `application/${"+".repeat(n)}` }, "{}"),
  ],
  ["an ETag list of white space", (n) => tags(`"a"${" ".repeat(n)}x`)],
  ["an ETag list without an end", (n) => tags(`"a", `.repeat(n))],
  ["a query integer of digits", (n) => Positive.safeParse(`${"1".repeat(n)}x`)],
  ["a query integer of digits and underscores", (n) => Positive.safeParse(`${"1_".repeat(n)}x`)],
  ["a query integer of zeros", (n) => Positive.safeParse(`1.${"0".repeat(n)}x`)],
  ["a query integer that is long", (n) => Positive.safeParse("9".repeat(n))],
  ["a query integer of white space", (n) => Positive.safeParse(`${" ".repeat(n)}x`)],
  ["a query boolean", (n) => QueryBoolean.safeParse("t".repeat(n))],
  ["metadata parameters", (n) => readQuery(`http://x/?${"metadata[a".repeat(n)}`, LISTS)],
  ["one parameter many times", (n) => readQuery(`http://x/?${"name=&".repeat(n / 8)}`, LISTS)],
  ["one metadata key many times", (n) => readQuery(`http://x/?${"metadata[a]=&".repeat(n / 8)}`, LISTS)],
  ["a timestamp with many digits", (n) => Timestamp.safeParse(`2026-01-01T00:00:00.${"1".repeat(n)}x`)],
  ["a UUID that is long", (n) => Uuid4.safeParse("1".repeat(n))],
  ["an e-mail address of one long label", (n) => Email.safeParse(`a@${"a-".repeat(n)}.example`)],
  ["an e-mail address of dots", (n) => Email.safeParse(`a@${"a.".repeat(n)}`)],
  ["an e-mail address of at signs", (n) => Email.safeParse("@".repeat(n))],
  ["an e-mail address between white space", (n) => Email.safeParse(`${" ".repeat(n)}a b@c.example${" ".repeat(n)}`)],
  ["an external id in a path", (n) => request(`/v1/customers/external/${"%2F".repeat(n)}`)],
  ["slashes behind an external id", (n) => request(`/v1/customers/external/x${"/".repeat(n)}`)],
  ["a time zone that is long", (n) => isTimeZone("A/".repeat(n))],
  ["JSON: a string without an end", (n) => json(`"${"x".repeat(n)}`)],
  ["JSON: a key of escapes", (n) => json(`{"${"\\u00e9".repeat(n)}":1}`)],
  ["JSON: a string of backslashes without an end", (n) => json(`{"a\\n":"${"\\\\".repeat(n)}`)],
  ["JSON: white space", (n) => json(`{"a\\n"${" ".repeat(n)}:1}`)],
  ["JSON: digits", (n) => json("1".repeat(n))],
  ["JSON: brackets", (n) => json(`{"a\\n":${"[".repeat(n)}`)],
];

/** Milliseconds for which this thread has computed: unlike the clock, they do not depend on what else the machine does. */
const computed = () => {
  const { user, system } = threadCpuUsage();
  return (user + system) / 1000;
};

/** The shortest time for which it must compute to be measured: some systems count in steps of 10 ms. */
const MEASURABLE = 25;

/** Milliseconds that one run takes at least: what the runtime does beside it, such as collecting memory, only adds to it. */
async function time(run: (size: number) => unknown, size: number): Promise<number> {
  const times: number[] = [];
  for (let runs = 1; times.length < 3;) {
    const start = computed();
    for (let i = 0; i < runs; i++) await run(size);
    const elapsed = computed() - start;
    if (elapsed >= MEASURABLE) times.push(elapsed / runs);
    else runs = Math.ceil(runs * Math.min(10, (1.2 * MEASURABLE) / elapsed));
  }
  return Math.min(...times);
}

describe("The time that a caller's text takes", () => {
  // Eight times as much takes eight times as long; with a square in it, it would be sixty-four times.
  it.for(CASES)("grows with its length: %s", async ([, run], { expect }) => {
    const [n, most] = [8_000, 40];
    expect((await time(run, 8 * n)) / (await time(run, n))).toBeLessThan(most);
  });
});

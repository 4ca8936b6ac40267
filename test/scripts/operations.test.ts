import { globSync, readFileSync } from "node:fs";
import { describe, it } from "vitest";

const DOCUMENT = readFileSync("docs/operations.md", "utf8");
const FAILURES = DOCUMENT.slice(DOCUMENT.indexOf("\n## When a dependency fails\n"));
const WAYS = ["down", "slow", "overloaded", "lost connection", "full", "read-only", "wrong schema", "partial outage"];
const SECTIONS = FAILURES.split("\n### ")
  .slice(1)
  .map((text) => ({ name: text.slice(0, text.indexOf("\n")), text }));
/** The groups of each match of a pattern in a text. */
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(({ groups }) => groups ?? {});
/** The rows of a section's table: the ways that a row is about, and the file and title of its test. */
const ROW = /^\| (?<ways>[^|]+?) +\|.*\| `(?<file>[^`]+)`: (?<title>[^|]+?) +\|$/gm;
const MENTIONED = /\(`(?<file>[^`]+\.test\.ts)`: (?<title>[^)]+)\)/g;
const SHOWN = [ROW, MENTIONED].flatMap((pattern) => found(FAILURES, pattern));

/** A test's title: after `it(`, or after the cases of `it.for([…])(`. */
const TITLE = /\bit(?:\.for\([^]*?\n? *\](?: as const)?\))?\(\s*(?<quote>["'])(?<title>.*?)\k<quote>,/g;
const compare = (a = "", b = "") => a.localeCompare(b);

describe("The table of failures", () => {
  it("has each dependency", ({ expect }) => {
    expect(SECTIONS.map(({ name }) => name)).toEqual(["KV", "D1", "Durable Object", "Rate limiter", "Analytics", "Export", "Assets"]); // prettier-ignore
  });

  it.for(SECTIONS)("has each way of failing of $name once, each with a test", ({ text }, { expect }) => {
    const rows = found(text, ROW);
    // The other two are its head.
    expect(rows).toHaveLength(found(text, /^\| /gm).length - 2);
    expect(rows.flatMap(({ ways }) => ways?.split(", ")).toSorted(compare)).toEqual(WAYS.toSorted(compare));
  });

  it.for(SHOWN)("names a test that exists: $file, $title", ({ file = "", title = "" }, { expect }) => {
    const titles = found(readFileSync(file, "utf8"), TITLE).map((each) => each["title"]);
    expect(titles).toContain(title.replaceAll(/\s+/g, " "));
  });
});

describe("The log in docs/operations.md", () => {
  const code = globSync("src/**/*.ts")
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  const between = (from: string, to: string) => DOCUMENT.slice(DOCUMENT.indexOf(from), DOCUMENT.indexOf(to));
  const names = (text: string, pattern: RegExp) => [...new Set(found(text, pattern).map(({ name }) => name))].toSorted(compare); // prettier-ignore

  it("explains every kind of failure that the Worker tells apart, and no other", ({ expect }) => {
    const table = between("`failure` is one of:", "\n## Traces");
    const union = /export type Failure =[^;]+;/.exec(code)?.[0] ?? "";
    const known = [...names(union, /"(?<name>\w+)"/g), "KVUnavailable", "OrganizationMoving"];
    expect(names(table, /^\| `(?<name>[A-Z]\w+)`/gm)).toEqual(known.toSorted(compare));
  });

  it("explains every other line, and no other", ({ expect }) => {
    const table = between("Other lines:", "`failure` is one of:");
    const logged = names(code, /\{\s*(?:error|warning): "(?<name>\w+)"(?:, | \})/g);
    const explained = names(table, /^\| `\w+` +\| `(?<name>[A-Z]\w+)`/gm);
    expect(explained.length).toBeGreaterThan(5);
    expect(explained).toEqual(logged.filter((name) => name !== "InternalServerError"));
  });
});

describe("wrangler.toml", () => {
  const CONFIGURATION = readFileSync("wrangler.toml", "utf8");
  it("turns the lines off that have query strings, and samples traces", ({ expect }) => {
    expect(CONFIGURATION).toContain("[observability.logs]\nenabled = true\ninvocation_logs = false\n");
    expect(CONFIGURATION).toMatch(/^\[observability\.traces\]\nenabled = true\nhead_sampling_rate = 0\.\d+$/m);
  });

  it("has an example of a rate limit that tells callers the same numbers", ({ expect }) => {
    const [{ limit, period } = {}] = found(CONFIGURATION, /# RATE_LIMIT = "(?<limit>\d+)\/(?<period>\d+)"/g);
    expect(CONFIGURATION).toContain(`# simple = { limit = ${limit}, period = ${period} }`);
    // It is a variable: uncommented where it is, it belongs to [vars].
    const before = CONFIGURATION.slice(0, CONFIGURATION.indexOf("# RATE_LIMIT ="));
    expect(found(before, /^\[+(?<section>[\w.]+)\]/gm).at(-1)).toEqual({ section: "vars" });
    expect(DOCUMENT).toContain(`"organization";q=${limit};w=${period}`);
  });
});

describe("The assets", () => {
  const CONFIGURATION = readFileSync("wrangler.toml", "utf8");

  it("are served without the Worker, except for the pages whose headers depend on a variable", ({ expect }) => {
    expect(CONFIGURATION).toContain(
      '[assets]\ndirectory = "dist/assets"\nbinding = "ASSETS"\nrun_worker_first = ["/portal/", "/portal/demo/", "/console/"]\n\n',
    );
  });

  it("are made anew for each deployment", ({ expect }) => {
    expect(CONFIGURATION).toContain('[build]\ncommand = "node scripts/assets.ts"\n');
  });
});

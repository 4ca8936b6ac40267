import { compareMeters } from "./import/compare.ts";
import { importCustomers } from "./import/customers.ts";
import { type Edgemeter, openEdgemeter } from "./import/edgemeter.ts";
import { importEvents } from "./import/events.ts";
import { importMeters, type MeterPair } from "./import/meters.ts";
import { countEvents, openPolar, type Polar, type Range } from "./import/polar.ts";
import { rehearsal } from "./import/rehearsal.ts";
import { Report } from "./import/report.ts";
import { readArguments, runCommand, UsageError } from "./usage.ts";

const HELP = `Copies the meters, customers and events of a Polar organization to an Edgemeter.

  npm run import -- --from polar                                 a dry run: reads everything, writes nothing
  npm run import -- --from polar --to <base URL> --confirm       copies, then compares the quantities of each meter

  --confirm             write; without it, the import only reports what it would do and what it can't carry over
  --to                  the base URL of the Edgemeter; its token is taken from EDGEMETER_TOKEN, with the scopes
                        meters:write, customers:write and events:write
  --polar-token         Polar's token, with the scopes meters:read, customers:read and events:read; rather set
                        POLAR_ACCESS_TOKEN, which other users of this machine can't see
  --polar-server        production (default), sandbox, or a base URL
  --requests-per-minute at most so many to Polar (default 250: half of what Polar allows all programs together)
  --since, --before     only events from this time on, and before this time: RFC 3339

It can be interrupted and repeated at any time: nothing is created twice. --since, with the time that the last line of an
interrupted run names, saves reading the events before it again.
`;

type Options = { polar: Polar; here: Edgemeter | null; range: Range };

async function main(args: string[]): Promise<void> {
  const values = parse(args);
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const options = read(values);
  await options.here?.reach();
  const report = new Report();
  const meters = await copy(options, report);
  await countSystemEvents(options, report);
  process.stdout.write(
    `${options.here === null ? "Dry run, nothing was written. It would be:\n" : ""}${report.text()}\n`,
  );
  if (options.here === null)
    process.stdout.write("Balances start anew: credits are not copied.\nAdd --to and --confirm to copy.\n");
  else await compare(options.polar, options.here, meters);
}

function parse(args: string[]) {
  const { values } = readArguments({
    args,
    options: {
      from: { type: "string" },
      to: { type: "string" },
      confirm: { type: "boolean" },
      "polar-token": { type: "string" },
      "polar-server": { type: "string", default: "production" },
      "requests-per-minute": { type: "string", default: "250" },
      since: { type: "string" },
      before: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  return values;
}

function read(values: ReturnType<typeof parse>): Options {
  if (values.from !== "polar") throw new UsageError("--from is required: polar.");
  const server = values["polar-server"];
  if (!["production", "sandbox"].includes(server) && !isUrl(server)) {
    throw new UsageError("--polar-server is production, sandbox or a base URL.");
  }
  const polarToken = values["polar-token"] ?? process.env["POLAR_ACCESS_TOKEN"];
  if (!polarToken) throw new UsageError("Set POLAR_ACCESS_TOKEN, or give --polar-token.");
  const rate = Number(values["requests-per-minute"]);
  if (!(rate > 0)) throw new UsageError("--requests-per-minute is a number greater than 0.");
  const since = time("--since", values.since);
  // Bounds are exclusive.
  const after = since && new Date(since.getTime() - 1);
  return {
    polar: openPolar(server.replace(/\/+$/, ""), polarToken, rate),
    here: values.confirm ? target(values.to) : null,
    range: { after, before: time("--before", values.before) },
  };
}

function target(url: string | undefined): Edgemeter {
  if (url === undefined || !isUrl(url))
    throw new UsageError("--to is required with --confirm: the Edgemeter's base URL.");
  const token = process.env["EDGEMETER_TOKEN"];
  if (!token) throw new UsageError("Set EDGEMETER_TOKEN.");
  return openEdgemeter(url, token);
}

function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}

function time(option: string, value: string | undefined): Date | undefined {
  if (value === undefined) return undefined;
  const date = new Date(value);
  if (!/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(value) || Number.isNaN(date.getTime())) {
    throw new UsageError(`${option} ${value} is not a time such as 2026-01-31T00:00:00Z.`);
  }
  return date;
}

async function copy({ polar, here, range }: Options, report: Report): Promise<MeterPair[]> {
  const destination = here ?? rehearsal();
  const meters = await importMeters(polar, destination, report);
  const customers = await importCustomers(polar, destination, report);
  const total = await countEvents(polar, "user", range);
  const of = total === null ? "" : ` of ${total.toLocaleString("en")}`;
  await importEvents(polar, destination, { range, customers, report }, (count, upTo) => {
    process.stderr.write(`${count.toLocaleString("en")}${of} events, up to ${upTo}\n`);
  });
  return meters;
}

async function countSystemEvents({ polar, range }: Options, report: Report): Promise<void> {
  const count = await countEvents(polar, "system", range);
  if (count === null) report.remark("system events, which Polar makes itself: left out", "their number is unknown");
  else if (count > 0)
    report.count("system events left out: Polar makes them itself, and no meter counts them here", count);
}

/** Reports each month in which a meter differs, at most ten a meter; then the exit code is 1. */
async function compare(polar: Polar, here: Edgemeter, meters: MeterPair[]): Promise<void> {
  const MAX_LINES = 10;
  const differing = new Map<string, number>();
  for await (const { meter, month, polar: theirs, here: ours } of compareMeters(polar, here, meters)) {
    const known = differing.get(meter.id) ?? 0;
    differing.set(meter.id, known + 1);
    if (known < MAX_LINES)
      process.stdout.write(`${meter.name} (${meter.id}) in ${month}: ${theirs} at Polar, ${ours} here\n`);
    if (known === MAX_LINES) process.stdout.write(`${meter.name} (${meter.id}): further months differ\n`);
  }
  const equal = meters.length - differing.size;
  process.stdout.write(
    `${equal} of ${meters.length} meters have the same quantities at both places, month by month.\n`,
  );
  if (differing.size === 0) return;
  process.exitCode = 1;
  process.stdout.write(
    "Differences come from events that were left out, system events, or events since the import began.\n",
  );
}

await runCommand(main);

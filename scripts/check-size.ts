import { wrangler } from "./wrangler-kv.ts";

/** The maximum size of the Worker's bundle: start-up time grows with it. One careless import of Zod doubles it. */
const MAX_KIB = 95;

const output = await wrangler(["deploy", "--dry-run"]);
const size = Number(/gzip: ([\d.]+) KiB/.exec(output)?.[1]);
process.stdout.write(`The Worker's bundle has ${size} KiB (gzip), of at most ${MAX_KIB}.\n`);
if (!(size <= MAX_KIB)) process.exitCode = 1;

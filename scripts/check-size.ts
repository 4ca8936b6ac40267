import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { bundlePortal } from "./portal.ts";
import { wrangler } from "./wrangler-kv.ts";

/** The maximum size of the Worker's bundle: start-up time grows with it. A single wrong import of Zod doubles it. */
const MAX_KIB = 150;

const output = await wrangler(["deploy", "--dry-run"]);
const size = Number(/gzip: ([\d.]+) KiB/.exec(output)?.[1]);
process.stdout.write(`The Worker's bundle has ${size} KiB (gzip), of at most ${MAX_KIB}.\n`);
if (!(size <= MAX_KIB)) process.exitCode = 1;

/** The maximum size of the element that other sites load. */
const MAX_ELEMENT_KIB = 8;

const elementSize = kibOf(bundlePortal().usage);
process.stdout.write(`The element has ${elementSize} KiB (gzip), of at most ${MAX_ELEMENT_KIB}.\n`);
if (elementSize > MAX_ELEMENT_KIB) process.exitCode = 1;

/** The maximum size of the client with what it imports: it is part of other people's bundles. */
const MAX_CLIENT_KIB = 10;

const { outputFiles } = await build({
  entryPoints: ["client/src/index.ts"],
  bundle: true,
  minify: true,
  format: "esm",
  write: false,
});
const clientSize = kibOf(outputFiles[0]!.contents);
process.stdout.write(`The client has ${clientSize} KiB (gzip), of at most ${MAX_CLIENT_KIB}.\n`);
if (clientSize > MAX_CLIENT_KIB) process.exitCode = 1;

/** The size of a file that is compressed, in KiB. */
function kibOf(content: Uint8Array): number {
  return Math.ceil(gzipSync(content).byteLength / 102.4) / 10;
}

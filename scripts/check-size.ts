import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { buildConsole } from "./console.ts";
import { bundlePortal } from "./portal.ts";
import { wrangler } from "./wrangler-kv.ts";

/** The maximum size of the Worker's bundle: start-up time grows with it. A single wrong import of Zod doubles it. */
const MAX_KIB = 156.5;

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

/** The maximum size of what the console loads until its overview is shown: the page, scripts and styles. */
const MAX_CONSOLE_KIB = 60;

const firstView = await consoleView("overview");
process.stdout.write(`The console's first view has ${firstView} KiB (gzip), of at most ${MAX_CONSOLE_KIB}.\n`);
if (firstView > MAX_CONSOLE_KIB) process.exitCode = 1;

/** The size of all files that a page of the console needs, in KiB. */
async function consoleView(page: string): Promise<number> {
  const built = await buildConsole();
  const needed = new Set<string>();
  const add = (name: string) => {
    const file = built.find(({ fileName }) => fileName === name);
    if (file === undefined || needed.has(name)) return;
    needed.add(name);
    if (file.type === "chunk")
      for (const each of [...file.imports, ...(file.viteMetadata?.importedCss ?? [])]) add(each);
  };
  for (const file of built) {
    const isView = file.type === "chunk" && (file.isEntry || file.facadeModuleId?.includes(`/pages/${page}/`) === true);
    if (isView || file.fileName === "index.html") add(file.fileName);
  }
  const contents = built.flatMap((file) => {
    if (!needed.has(file.fileName)) return [];
    return [Buffer.from(file.type === "chunk" ? file.code : file.source)];
  });
  return Math.round(contents.reduce((sum, content) => sum + kibOf(content), 0) * 10) / 10;
}

/** The size of a file that is compressed, in KiB. */
function kibOf(content: Uint8Array): number {
  return Math.ceil(gzipSync(content).byteLength / 102.4) / 10;
}

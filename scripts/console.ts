import { build } from "vite";

/** Where the console is served: its files are below this path. */
const BASE = "/console/";

/** Builds the console: chunks with their imports, styles and the page. */
export async function buildConsole() {
  // Vite keeps another value, with which files have other names.
  process.env["NODE_ENV"] = "production";
  const built = await build({
    configFile: false,
    root: "console",
    base: BASE,
    logLevel: "warn",
    build: { write: false, target: "es2023", modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  });
  if (!("output" in built)) throw new Error("vite has built more than one bundle");
  return built.output;
}

/** The files of the console by their paths below the served folder, the page last; those with a hash are in `assets/`. */
export async function bundleConsole(): Promise<Map<string, Buffer>> {
  const isPage = ({ fileName }: { fileName: string }) => fileName.endsWith(".html");
  const files = (await buildConsole()).toSorted((a, b) => Number(isPage(a)) - Number(isPage(b)));
  return new Map(
    files.map((file) => [
      `${BASE.slice(1)}${file.fileName}`,
      Buffer.from(file.type === "chunk" ? file.code : file.source),
    ]),
  );
}

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { bundleConsole } from "./console.ts";
import { bundlePortal } from "./portal.ts";
import { llmsText } from "./reference/llms.ts";
import { pageBody } from "./reference/page.ts";

/** What is served as files: the reference page and the document that it shows, the console, and what customers see. */
const OUT = "dist/assets";
const PAGE = "reference";
const PORTAL = "portal";

const document = readFileSync("reference/openapi.json");
const openapi = JSON.parse(document.toString());
const { homepage } = JSON.parse(readFileSync("package.json", "utf8")) as { homepage?: string };

const { usage, page, demo } = bundlePortal();
const hashed = [
  ...["page.css", "request.css", "page.js"].map((name) => asHashed(name, readFileSync(`${PAGE}/${name}`))),
  asHashed("portal.css", readFileSync(`${PORTAL}/portal.css`)),
  asHashed("portal.js", page),
  asHashed("demo.js", demo),
];

const files = new Map<string, Buffer>([
  ...hashed.map(({ path, content }) => [path, content] as const),
  ...(await bundleConsole()),
  ["icon.svg", readFileSync(`${PAGE}/icon.svg`)],
  ["_headers", readFileSync(`${PAGE}/_headers`)],
  ["openapi.json", document],
  ["llms.txt", Buffer.from(llmsText(openapi))],
  ["usage.js", usage],
  ["portal/index.html", Buffer.from(linked(`${PORTAL}/index.html`))],
  ["portal/demo/index.html", Buffer.from(linked(`${PORTAL}/demo.html`))],
  ["index.html", Buffer.from(indexPage())],
]);

// The page is replaced last, and outdated files are removed after that, because `wrangler dev` may be serving them.
for (const [path, content] of files) publish(content, path);
for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
  const path = `${entry.parentPath}/${entry.name}`;
  if (!entry.isDirectory() && !files.has(path.slice(OUT.length + 1))) rmSync(path, { force: true });
}

/** A file whose name changes with its content, so that caches may keep it for good. */
function asHashed(name: string, content: Buffer): { name: string; path: string; content: Buffer } {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  return { name, path: `static/${name.replace(".", `.${hash}.`)}`, content };
}

/** A page with the hashed names in its links. */
function linked(file: string): string {
  const template = readFileSync(file, "utf8");
  return hashed.reduce((text, { name, path }) => text.replaceAll(`"/${name}"`, `"/${path}"`), template);
}

/** The reference page, with the reference in it. */
function indexPage(): string {
  return linked(`${PAGE}/index.html`).replace("<!-- reference -->", () => pageBody(openapi, homepage));
}

/** Replaces a file atomically, and only if it changed: several builds may run at the same time. */
function publish(content: Buffer, path: string): void {
  const target = `${OUT}/${path}`;
  if (existsSync(target) && readFileSync(target).equals(content)) return;
  mkdirSync(target.slice(0, target.lastIndexOf("/")), { recursive: true });
  const part = `dist/${process.pid}.part`;
  writeFileSync(part, content);
  renameSync(part, target);
}

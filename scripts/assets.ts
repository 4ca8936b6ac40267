import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** What the platform serves beside the Worker: the reference page, its renderer, and the document that it renders. */
const OUT = "dist/assets";
const PAGE = "src/reference";
const RENDERER = "node_modules/@scalar/api-reference/dist/browser/standalone.js";

const files = new Map([
  ...["index.html", "page.js", "page.css", "icon.svg", "_headers"].map((name) => [name, `${PAGE}/${name}`] as const),
  ["openapi.json", "src/openapi.json"],
  ["renderer.js", RENDERER],
]);

mkdirSync(OUT, { recursive: true });
for (const name of readdirSync(OUT)) if (!files.has(name)) rmSync(`${OUT}/${name}`, { recursive: true, force: true });
for (const [name, source] of files) publish(readFileSync(source), `${OUT}/${name}`);

/** Replaces a file at once, and only when it changed: a `wrangler dev` may be serving it, and several may start together. */
function publish(content: Buffer, target: string): void {
  if (existsSync(target) && readFileSync(target).equals(content)) return;
  const part = `dist/${process.pid}.part`;
  writeFileSync(part, content);
  renameSync(part, target);
}

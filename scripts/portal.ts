import { readFileSync } from "node:fs";
import { buildSync, transformSync } from "esbuild";

/** Bundles what customers' browsers run: the element's module, the page's script and the demo's. */
export function bundlePortal(): Record<"usage" | "page" | "demo", Buffer> {
  return { usage: bundle("usage"), page: bundle("page"), demo: bundle("demo") };
}

function bundle(name: string): Buffer {
  const css = transformSync(readFileSync("portal/element.css", "utf8"), { loader: "css", minify: true, target: "chrome125" }); // prettier-ignore
  const { outputFiles } = buildSync({
    entryPoints: [`portal/${name}.ts`],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    outdir: "dist",
    legalComments: "none",
    define: { ELEMENT_CSS: JSON.stringify(css.code) },
  });
  return Buffer.from(outputFiles[0]!.contents);
}

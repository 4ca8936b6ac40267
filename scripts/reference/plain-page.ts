import { micromark } from "micromark";
import { gfmTable, gfmTableHtml } from "micromark-extension-gfm-table";
import type { oas31 } from "zod-openapi";
import { type ListedOperation, listOperations } from "./operations.ts";

/**
 * The reference as plain HTML: what is seen until the renderer has replaced it, and all there is without JavaScript.
 * Anchors are those of the renderer, so that links lead to the same place in both.
 */
export function plainPage(document: oas31.OpenAPIObject): string {
  const operations = listOperations(document);
  const groups = (document.tags ?? []).map((tag) => ({
    title: String(tag["x-displayName"]),
    description: tag.description ?? "",
    operations: operations.filter((operation) => operation.tag === tag.name),
  }));
  const links = groups.map(({ title, operations: own }) => `<h2>${title}</h2><ul>${own.map(link).join("")}</ul>`);
  const sections = groups.map(
    ({ title, description, operations: own }) => `<h1>${title}</h1>${html(description)}${own.map(section).join("")}`,
  );
  const about = document.info.description ?? "";
  const rest = about.indexOf("\n# ");
  return `<main>
<h1>${document.info.title}</h1>
<noscript><p>Without JavaScript, requests can't be tried here. All schemas are in <a href="/openapi.json">openapi.json</a>.</p></noscript>
${html(about.slice(0, rest))}
<nav aria-label="Operations">${links.join("")}</nav>
${html(about.slice(rest))}
${sections.join("\n")}
</main>`;
}

const anchor = ({ tag, method, path }: ListedOperation) => `tag/${tag}/${method}${path}`;

function link(operation: ListedOperation): string {
  return `<li><a href="#${anchor(operation)}"><span>${operation.summary}</span> <code>${operation.method}</code></a></li>`;
}

function section(operation: ListedOperation): string {
  const { method, path, summary, description } = operation;
  return `<section id="${anchor(operation)}"><h2>${summary}</h2><p><code>${method} ${path}</code></p>${html(description)}</section>`;
}

/** Markdown as HTML; HTML in it is escaped. A heading gets the anchor that the renderer gives it. */
function html(markdown: string): string {
  const page = micromark(markdown, { extensions: [gfmTable()], htmlExtensions: [gfmTableHtml()] });
  return page.replaceAll(/<(h[1-6])>([^<]*)</g, (_, tag: string, text: string) => {
    return `<${tag} id="description/${text.toLowerCase().replaceAll(" ", "-")}">${text}<`;
  });
}

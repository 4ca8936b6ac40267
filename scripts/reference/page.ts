import type { oas31 } from "zod-openapi";
import { Fields } from "./fields.ts";
import { block, code, html, inline } from "./markup.ts";
import { type Answer, type ListedOperation, listOperations } from "./operations.ts";
import { requestForm, samples } from "./requests.ts";

/**
 * The API's document as HTML: the menu, the introduction, every operation with a form that tries it, and the schemas.
 * If package.json has a homepage, it contains the guides.
 */
export function pageBody(document: oas31.OpenAPIObject, homepage?: string): string {
  const operations = listOperations(document);
  const fields = new Fields(document);
  const groups = (document.tags ?? []).map((tag) => ({
    title: String(tag["x-displayName"]),
    description: tag.description,
    operations: operations.filter((operation) => operation.tag === tag.name),
  }));
  const links = groups.map(({ title, operations: own }) => `<h2>${title}</h2><ul>${own.map(link).join("")}</ul>`);
  const section = (operation: ListedOperation) => operationSection(operation, operations, fields);
  const sections = groups.map(
    ({ title, description, operations: own }) => `<h1>${title}</h1>${html(description)}${own.map(section).join("\n")}`,
  );
  const { title, version, summary, description = "" } = document.info as oas31.InfoObject & { summary: string };
  const chapters = [...description.matchAll(/^# (.+)$/gm)].map(([, name]) => name!);
  const entry = (name: string) =>
    `<li><a href="#description/${name.toLowerCase().replaceAll(" ", "-")}">${name}</a></li>`;
  return `<nav id="menu" popover aria-label="Operations">
<ul>${chapters.map(entry).join("")}</ul>
${links.join("\n")}
<h2>More</h2><ul><li><a href="#schemas">Schemas</a></li><li><a href="/openapi.json">openapi.json</a></li><li><a href="/llms.txt">llms.txt</a></li>${homepage === undefined ? "" : `<li><a href="${homepage}">Guides and source</a></li>`}</ul>
</nav>
<main>
<h1 id="top">${title} <small>${version}</small></h1>
<p>${inline(summary)}</p>
<div class="prose">${html(description)}</div>
${sections.join("\n")}
<h1 id="schemas">Schemas</h1>
${fields.sections()}
</main>`;
}

const anchor = ({ tag, method, path }: ListedOperation) => `tag/${tag}/${method}${path}`;
const badge = ({ method }: ListedOperation) => `<code class="${method.toLowerCase()}">${method}</code>`;

function link(operation: ListedOperation): string {
  return `<li><a href="#${anchor(operation)}"><span>${operation.summary}</span> ${badge(operation)}</a></li>`;
}

function operationSection(operation: ListedOperation, operations: ListedOperation[], fields: Fields): string {
  const { path, summary, description, parameters, body, answers } = operation;
  return `<section id="${anchor(operation)}" class="operation">
<div class="prose"><h2>${summary}</h2><p>${badge(operation)} ${code(path)}</p>${html(description)}</div>
<div class="request">${samples(operation)}${requestForm(operation, operations, fields)}</div>
<div class="prose">
${parameters.length > 0 ? `<h3>Parameters</h3>${fields.ofParameters(parameters)}` : ""}
${body === undefined ? "" : `<h3>Body</h3>${fields.ofBody(body.schema)}`}
<h3>Answers</h3>${answers.map((answer) => answerPart(answer, fields)).join("")}
</div>
</section>`;
}

function answerPart({ status, description, content }: Answer, fields: Fields): string {
  const line = `<strong>${status}</strong> ${inline(description)}`;
  if (content === undefined) return `<p class="answer">${line}</p>`;
  const examples = content.examples.map(({ value }) => block(JSON.stringify(value, null, 2)));
  const list = status.startsWith("2") ? fields.ofBody(content.schema) : "";
  return `<details class="answer"><summary>${line}</summary>${list}${examples.join("")}</details>`;
}

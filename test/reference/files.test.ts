import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, describe, it } from "vitest";
import { pageBody } from "../../scripts/reference/page.ts";
import document from "../../reference/openapi.json" with { type: "json" };
import type { Organization } from "../sdk/local.ts";
import { openShared } from "../sdk/shared.ts";

const run = promisify(execFile);
const FOR_GOOD = "public, max-age=31536000, immutable";
type Operation = {
  summary: string;
  tags: string[];
  parameters?: { name: string }[];
  requestBody?: { content: { "application/json": { schema: { $ref: string } } } };
  responses: object;
};
/** Each operation as its method and path, with its summary and its tag. */
const OPERATIONS = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item as Record<string, Operation>).map(
    ([method, operation]) =>
      [`${method.toUpperCase()} ${path}`, operation.summary, operation.tags.join(), operation] as const,
  ),
);

let local: Organization;
beforeAll(async () => {
  local = await openShared();
});

const get = (path: string, headers = {}) => fetch(`${local.url}${path}`, { headers });

describe("GET /", () => {
  it("serves the reference page with a policy that lets it load nothing from elsewhere", async ({ expect }) => {
    const answer = await get("/");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
    const policy = answer.headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).not.toMatch(/https?:|\*|unsafe|data:/);
  });

  it("keeps scripts and styles in caches for good, under names that change with them, but not the page", async ({
    expect,
  }) => {
    const page = await get("/");
    expect(page.headers.get("Cache-Control")).toBe("public, max-age=0, must-revalidate");
    const files = [...(await page.text()).matchAll(/(?:src|href)="(\/[^"#]+)"/g)].map((match) => match[1] ?? "");
    const lasting = files.filter((file) => file.startsWith("/static/"));
    expect(lasting.map((file) => file.replace(/\.[0-9a-f]{12}\./, "."))).toEqual([
      "/static/page.css",
      "/static/request.css",
      "/static/page.js",
    ]);
    for (const file of files) {
      const { status, headers } = await get(file);
      expect(status).toBe(200);
      expect(headers.get("Cache-Control") === FOR_GOOD).toBe(lasting.includes(file));
    }
  });

  it("has the introduction and every operation in the HTML, with links that lead somewhere", async ({ expect }) => {
    const html = await (await get("/")).text();
    expect(html).toContain("Quick start</h1>");
    for (const [name, summary, tag] of OPERATIONS) {
      const anchor = `tag/${tag}/${name.replace(" ", "")}`;
      expect(html).toContain(`<a href="#${anchor}"><span>${summary}</span>`);
      expect(html).toContain(`id="${anchor}"`);
    }
    const anchors = [...html.matchAll(/href="#([^"]+)"/g)].map((match) => decodeURIComponent(match[1] ?? ""));
    for (const anchor of anchors) expect(html).toContain(`id="${anchor}"`);
  });

  it("shows every field of a body and every parameter, and what each status answers", async ({ expect }) => {
    const html = await (await get("/")).text();
    const sections = new Map([...html.matchAll(/<section id="(.+?)"[^]+?<\/section>/g)].map(([all, id]) => [id, all]));
    const schemas: Record<string, { description?: string; properties?: object }> = document.components.schemas;
    for (const [name, , tag, { parameters = [], requestBody, responses }] of OPERATIONS) {
      const section = sections.get(`tag/${tag}/${name.replace(" ", "")}`);
      const schema = requestBody?.content["application/json"].schema.$ref.split("/").at(-1);
      const fields = schema === undefined ? [] : Object.keys(schemas[schema]?.properties ?? {});
      for (const field of [...parameters.map((each) => each.name), ...fields]) {
        expect(section).toContain(`<dt><code>${field}</code>`);
      }
      for (const status of Object.keys(responses)) expect(section).toContain(`<strong>${status}</strong>`);
    }
  });

  it("links to the guides where package.json names a homepage", ({ expect }) => {
    const openapi = document as unknown as Parameters<typeof pageBody>[0];
    expect(pageBody(openapi, "https://example.com/guides")).toContain(`<a href="https://example.com/guides">`);
    expect(pageBody(openapi)).not.toContain("Guides and source");
  });

  it("has a call of curl that works", async ({ expect }) => {
    const html = await (await get("/")).text();
    const section = html.slice(html.indexOf(`<section id="tag/meters/POST/v1/meters/"`));
    const [, call = ""] = /<code>(curl [^]+?)<\/code>/.exec(section) ?? [];
    const env = { ...process.env, URL: local.url, TOKEN: local.token };
    const { stdout } = await run("sh", ["-c", call.replaceAll("&quot;", '"')], { env });
    expect(JSON.parse(stdout)).toMatchObject({ name: "AI tokens" });
  });
});

describe("GET /openapi.json", () => {
  it("serves the document to everybody, with a tag by which caches ask again", async ({ expect }) => {
    const answer = await get("/openapi.json");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(answer.headers.get("Cache-Control")).toMatch(/^public, max-age=\d{1,3}$/);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(await answer.json()).toMatchObject({ openapi: "3.1.1", info: { title: "Edgemeter" } });
    const again = await get("/openapi.json", { "If-None-Match": answer.headers.get("ETag") });
    expect(again.status).toBe(304);
  });

  it("answers no other method, and lists those that it has", async ({ expect }) => {
    // Without a body: one that a static file leaves unread ends wrangler dev (cloudflare/workers-sdk#15203).
    const answer = await fetch(`${local.url}/openapi.json`, { method: "DELETE" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("Allow")).toBe("GET, HEAD");
  });
});

describe("GET /llms.txt", () => {
  it("lists every operation with its scopes, as text", async ({ expect }) => {
    const answer = await get("/llms.txt");
    expect(answer.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
    const text = await answer.text();
    expect(text).toMatch(/^# Edgemeter\n\n> .+\n/);
    expect(text).toContain("](/openapi.json)");
    expect(text).toContain("`POST /v1/meters/`: Create Meter (scope: meters:write)");
    for (const [name, summary] of OPERATIONS) expect(text).toContain(`- \`${name}\`: ${summary} (scope: `);
  });
});

describe("The quick start of the introduction", () => {
  const about = readFileSync("reference/about.md", "utf8");
  const blocks = (language: string) =>
    [...about.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, "g"))].map((match) => match[1] ?? "");

  it("works as it is written, in the shell and in Python", async ({ expect }) => {
    const env = { ...process.env, URL: local.url, TOKEN: local.token };
    const shell = async (script: string) => JSON.parse((await run("sh", ["-c", script], { env })).stdout);
    const [, create, ingest, read] = blocks("sh") as [string, string, string, string];
    const { id } = await shell(create);
    expect(await shell(ingest)).toEqual({ inserted: 1, duplicates: 0 });
    expect(await shell(ingest)).toEqual({ inserted: 0, duplicates: 1 });
    const quantities = [{ timestamp: "2026-01-01T00:00:00.000Z", quantity: 42 }];
    expect(await shell(read.replace(/METER=\S+/, `METER=${id}`))).toEqual({ quantities, total: 42 });
    const python = await run("python3", ["-c", blocks("python").join("\n")], { env }).catch((error: Error) => error);
    // Not every machine has Python.
    if (python instanceof Error) return expect(python).toMatchObject({ code: "ENOENT" });
    expect(python.stdout).toContain("'inserted': 0, 'duplicates': 1");
  });
});

import type { oas31 } from "zod-openapi";
import { listOperations } from "./operations.ts";

/** The API in short for language models, in the format of llmstxt.org. */
export function llmsText(document: oas31.OpenAPIObject): string {
  const operations = listOperations(document).map(
    ({ method, path, summary: does, scopes }) =>
      `- \`${method} ${path}\`: ${does} (scope: ${scopes.join(" or ") || "none, but a customer's session"})`,
  );
  const { title, summary } = document.info as oas31.InfoObject & { summary: string };
  return `# ${title}

> ${summary}

Authenticate with \`Authorization: Bearer em_oat_…\`. Bodies are JSON. Errors are \`{"error", "detail"}\`.

## Reference

- [OpenAPI document](/openapi.json): every operation, schema and error, with examples (OpenAPI 3.1)
- [API reference](/): quick start, operations and error catalogue for people

## Operations

${operations.join("\n")}
`;
}

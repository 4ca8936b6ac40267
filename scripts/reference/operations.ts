import type { oas31 } from "zod-openapi";

/** One operation of the API's document, as the page and llms.txt list it. */
export type ListedOperation = {
  tag: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  /** One of these is needed; none where a customer's session is. */
  scopes: string[];
  parameters: Parameter[];
  /** The schema and the example of its body. */
  body: Content | undefined;
  answers: Answer[];
  samples: { label: string; source: string }[];
};

/** A parameter of an operation. */
export type Parameter = oas31.ParameterObject & { schema: oas31.SchemaObject };

/** What an operation answers with a status. */
export type Answer = { status: string; description: string; content: Content | undefined };

/** A JSON body: its schema, and examples of it. */
type Content = { schema: oas31.SchemaObject; examples: { summary: string; value: unknown }[] };

/** The operations of the API's document, in its order. */
export function listOperations(document: oas31.OpenAPIObject): ListedOperation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, oas31.OperationObject>).map(([method, operation]) => ({
      tag: operation.tags![0]!,
      method: method.toUpperCase(),
      path,
      summary: operation.summary!,
      description: operation.description!,
      scopes: operation.security![0]!["oat"] ?? [],
      parameters: (operation.parameters ?? []) as Parameter[],
      body: contentOf(operation.requestBody as oas31.RequestBodyObject | undefined),
      answers: Object.entries(operation.responses ?? {}).map(([status, response]) => {
        const shared = "$ref" in response && document.components!.responses![response.$ref.split("/").at(-1)!];
        const { description, content } = (shared || response) as oas31.ResponseObject;
        return { status, description, content: contentOf({ content }) };
      }),
      samples: operation["x-codeSamples"] as ListedOperation["samples"],
    })),
  );
}

function contentOf(body: { content?: oas31.ContentObject } | undefined): Content | undefined {
  const json = body?.content?.["application/json"];
  if (json === undefined) return undefined;
  const examples = Object.values(json.examples ?? {}) as Content["examples"];
  if (json.example !== undefined) examples.push({ summary: "example", value: json.example });
  return { schema: json.schema as oas31.SchemaObject, examples };
}

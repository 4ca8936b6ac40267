import type { oas31 } from "zod-openapi";

/** One operation of the API's document, as the static page and llms.txt list it. */
export type ListedOperation = {
  tag: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  /** One of these is needed. */
  scopes: string[];
};

/** The operations of the API's document, in its order. */
export function listOperations(document: oas31.OpenAPIObject): ListedOperation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, oas31.OperationObject>).map(([method, operation]) => ({
      tag: operation.tags![0]!,
      method: method.toUpperCase(),
      path,
      summary: operation.summary!,
      description: operation.description!,
      scopes: operation.security![0]!["oat"]!,
    })),
  );
}

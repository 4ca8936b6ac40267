import type { Answer, Request } from "../exchange.ts";

/**
 * Requests that belong together, sent one after the other, and what must hold for their answers. `@meters:3@` in a path or in
 * a small body stands for the id of a stored meter, `@events:3@` for that of an event.
 */
export type Case = {
  kind: string;
  steps: Request[];
  /** Returns what is wrong; called only when each step has got an answer. */
  verify?: (answers: Answer[]) => string[];
};

/** A path of the document with a placeholder instead of the id of something that is stored. */
export function withStored(path: string, at: number): string {
  const kind = path.includes("{external_id}") ? "external-ids" : path.split("/")[2]!;
  return path.replace(/\{\w+\}/, `@${kind}:${at}@`);
}

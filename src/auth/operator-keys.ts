import * as z from "zod/mini";
import { readStored, type TokenNamespace } from "./records.ts";
import { hashToken } from "./token.ts";

/** What an operator can ask for, as the end of the request's path names it. */
export const OPERATIONS = [
  "move",
  "move/cancel",
  "move/delete-old",
  "move/mark",
  "verify",
  "restore",
  "tokens/create",
  "tokens/list",
  "tokens/revoke",
] as const;
export type Operation = (typeof OPERATIONS)[number];

const OperatorKey = z.object({
  organization_id: z.nullable(z.string()),
  operation: z.nullable(z.enum(OPERATIONS)),
});
/** What a key allows, as JSON under `operator:<sha256>`; null stands for any, which only the local server has for both. */
export type OperatorKey = z.output<typeof OperatorKey>;

/** `/operator/organizations/<id>/<operation>`, or `/operator/<operation>` for all organizations. */
const PATH = /^\/operator\/(?:organizations\/([0-9a-f-]{36})\/)?(.+)$/;
const storedAt = async (key: string) => `operator:${await hashToken(key)}`;

/**
 * Stores a key: whoever may write into KV may let an operator in.
 * @param lifetime seconds, at least 60
 */
export async function putOperatorKey(
  kv: Pick<TokenNamespace, "put">,
  key: string,
  allowed: OperatorKey,
  lifetime: number,
): Promise<void> {
  const expiration = Math.floor(Date.now() / 1000) + lifetime;
  await kv.put(await storedAt(key), JSON.stringify(allowed), { expiration });
}

/** Deletes a key; edge locations that have read it may accept it for a minute more. */
export async function deleteOperatorKey(kv: Pick<TokenNamespace, "delete">, key: string): Promise<void> {
  await kv.delete(await storedAt(key));
}

/**
 * Finds out what a key allows: one KV read.
 * @returns null when there is no such key
 * @throws what KV throws, and DamagedRecord
 */
export function findOperatorKey(kv: TokenNamespace, key: string): Promise<OperatorKey | null> {
  return storedAt(key).then((name) => readStored(kv, name, OperatorKey));
}

/** What a request asks for: the organization and the operation of its path, if the key allows both; null otherwise. */
export function operationOf(
  path: string,
  { organization_id, operation }: OperatorKey,
): { organizationId: string | null; operation: Operation } | null {
  const [, id = null, name] = PATH.exec(path) ?? [];
  const asked = OPERATIONS.find((each) => each === name);
  const isAllowed = (organization_id ?? id) === id && (operation ?? asked) === asked;
  return asked !== undefined && isAllowed ? { organizationId: id, operation: asked } : null;
}

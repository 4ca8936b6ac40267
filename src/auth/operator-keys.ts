import * as z from "zod/mini";
import { readStored, type TokenNamespace } from "./records.ts";
import { hashToken } from "./token.ts";

/** The operations of an operator: each is the end of a request's path. */
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
/** What a key allows, as JSON under `operator:<sha256>`. Null means any; only the local server's key has null for both. */
export type OperatorKey = z.output<typeof OperatorKey>;

/** `/operator/organizations/<id>/<operation>`, or `/operator/<operation>` for all organizations. */
const PATH = /^\/operator\/(?:organizations\/([0-9a-f-]{36})\/)?(.+)$/;
const storedAt = async (key: string) => `operator:${await hashToken(key)}`;

/**
 * Stores a key. Whoever can write to the KV namespace can therefore act as the operator.
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

/** Deletes a key; edge locations that have read it may accept it for another minute. */
export async function deleteOperatorKey(kv: Pick<TokenNamespace, "delete">, key: string): Promise<void> {
  await kv.delete(await storedAt(key));
}

/**
 * Reads what a key allows: one KV read.
 * @returns null when there is no such key
 * @throws what KV throws, and DamagedRecord
 */
export function findOperatorKey(kv: TokenNamespace, key: string): Promise<OperatorKey | null> {
  return storedAt(key).then((name) => readStored(kv, name, OperatorKey));
}

/** Returns the organization and the operation in a request's path if the key allows both, null otherwise. */
export function operationOf(
  path: string,
  { organization_id, operation }: OperatorKey,
): { organizationId: string | null; operation: Operation } | null {
  const [, id = null, name] = PATH.exec(path) ?? [];
  const asked = OPERATIONS.find((each) => each === name);
  const isAllowed = (organization_id ?? id) === id && (operation ?? asked) === asked;
  return asked !== undefined && isAllowed ? { organizationId: id, operation: asked } : null;
}

import { inject } from "vitest";
import { readLocalOperator } from "../../scripts/local-operator.ts";
import { askOperator } from "../../scripts/operator.ts";
import { SCOPES } from "../../src/auth/principal.ts";
import { hashToken, newToken } from "../../src/auth/token.ts";
import type { Organization } from "./local.ts";

/** Makes an organization in the Worker that all files of the project share (shared-server.ts). */
export async function openShared(): Promise<Organization> {
  const folder = inject("folder");
  // The server writes this file when it is ready.
  while ((await readLocalOperator(folder)) === null) await new Promise((resolve) => setTimeout(resolve, 100));
  return openOrganization(folder);
}

/** Makes an organization in the Worker whose data is in a folder. */
export async function openOrganization(folder: string, url?: string): Promise<Organization> {
  const operator = (await readLocalOperator(folder))!;
  const [organization, token] = [crypto.randomUUID(), newToken()];
  const body = { hash: await hashToken(token), comment: null, scopes: SCOPES, expires_in: null, store: null };
  const base = url ?? operator.url;
  const ask = askOperator(`${base}/operator/organizations/${organization}`, async () => operator.key);
  await ask("tokens/create", { id: crypto.randomUUID(), ...body });
  return { url: base, token, organization, folder };
}

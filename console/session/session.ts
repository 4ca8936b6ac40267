import { signal } from "@preact/signals";
import type { Edgemeter, Schemas } from "../../client/src/index.ts";
import { emptyCache } from "../data/cache.ts";
import { makeClient } from "./client.ts";

/** What a token may do. */
export type Scope = Schemas["AvailableScope"];
/** Who is signed in: the token's record, and the client that sends the token. */
export type Session = { token: string; client: Edgemeter; record: Schemas["OrganizationAccessToken"] };

/** Where "keep for this tab" puts the token; the browser forgets it with the tab. */
const KEPT = "edgemeter-token";

/** The session; null before the sign-in. */
export const session = signal<Session | null>(null);
/** Why the sign-in is asked for again; null without a reason. */
export const endedBecause = signal<string | null>(null);

/**
 * Signs in with a token.
 * @param keep whether the tab remembers the token
 * @throws EdgemeterError when the API refuses the token, or is not reached
 */
export async function signIn(token: string, keep: boolean): Promise<void> {
  const client = makeClient(token, () => {
    if (session.value?.token === token) signOut("The token is not valid any more: it has expired, or was revoked.");
  });
  const record = await client.get("/v1/organization-access-tokens/introspect");
  if (keep) sessionStorage.setItem(KEPT, token);
  endedBecause.value = null;
  session.value = { token, client, record };
}

/** Forgets the token and everything that was read with it. */
export function signOut(reason: string | null = null): void {
  sessionStorage.removeItem(KEPT);
  emptyCache();
  endedBecause.value = reason;
  session.value = null;
}

/** The token that the tab remembers, if it does. */
export const keptToken = (): string | null => sessionStorage.getItem(KEPT);

/** The token that `npm run dev` offers; null in any other deployment. */
export const demoToken = (): string | null =>
  document.querySelector<HTMLMetaElement>('meta[name="demo-token"]')?.content || null;

/**
 * The client of the session.
 * @throws an Error before the sign-in, when no page is shown
 */
export function api(): Edgemeter {
  if (session.value === null) throw new Error("nobody is signed in");
  return session.value.client;
}

/** Returns whether the token has one of the scopes. */
export const can = (...scopes: Scope[]): boolean =>
  scopes.some((scope) => session.value?.record.scopes.includes(scope));

/** Why something is not possible without a scope; null when the token has it. */
export const lack = (scope: Scope): string | null => (can(scope) ? null : `This token lacks the scope ${scope}.`);

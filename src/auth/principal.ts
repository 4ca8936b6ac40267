import type { StoreKind } from "../store/kinds.ts";
import type { Operation } from "./operator-keys.ts";

/** Every scope that a token can be given. */
export const SCOPES = [
  "meters:read",
  "meters:write",
  "events:read",
  "events:write",
  "customers:read",
  "customers:write",
  "customer_meters:read",
  "customer_meters:write",
  "customer_sessions:write",
  "webhooks:read",
  "webhooks:write",
  "alerts:read",
  "alerts:write",
  "organization_access_tokens:read",
  "organization_access_tokens:write",
] as const;
export type Scope = (typeof SCOPES)[number];

/** A program of an organization, authenticated by a token whose record names the store of its data. */
export type TokenPrincipal = {
  kind: "token";
  tokenId: string;
  organizationId: string;
  store: StoreKind;
  scopes: readonly string[];
};

/** A customer's browser, authenticated by a session; expiresAt is in milliseconds since 1970 UTC. */
export type SessionPrincipal = {
  kind: "session";
  sessionId: string;
  organizationId: string;
  store: StoreKind;
  customerId: string;
  expiresAt: number;
  returnUrl: string | null;
};

/** The operator's command line, authenticated by a key for one operation on one organization, or on all (null). */
type OperatorPrincipal = { kind: "operator"; organizationId: string | null; operation: Operation };

/** Who calls. A new way of calling is a new member. */
export type Principal = TokenPrincipal | SessionPrincipal | OperatorPrincipal;

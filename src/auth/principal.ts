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
  "organization_access_tokens:read",
  "organization_access_tokens:write",
] as const;
export type Scope = (typeof SCOPES)[number];

/** A program of an organization: it carries a token, and its data is in the store that the token names. */
export type TokenPrincipal = {
  kind: "token";
  tokenId: string;
  organizationId: string;
  store: StoreKind;
  scopes: readonly string[];
};

/** The operator's command line: it carries a key for one operation on one organization, or on all of them (null). */
type OperatorPrincipal = { kind: "operator"; organizationId: string | null; operation: Operation };

/** Who calls. A new way of calling is a new member. */
export type Principal = TokenPrincipal | OperatorPrincipal;

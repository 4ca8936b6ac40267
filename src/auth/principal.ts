import type { StoreKind } from "../store/kinds.ts";

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

/** Whose token a request carries, and where the organization's data is. */
export type Principal = { tokenId: string; organizationId: string; store: StoreKind; scopes: readonly string[] };

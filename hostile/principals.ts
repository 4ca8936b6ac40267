import type { StoreKind } from "../src/store/kinds.ts";
import { SCOPES } from "../src/auth/principal.ts";
import type { TokenRecord } from "../src/auth/records.ts";
import { tokenOf } from "../src/auth/token.ts";

/** The organizations of a run: one in each store, and one that begins in D1 and is moved. */
export const ORGANIZATIONS = {
  d1: { id: "50a50000-0000-4000-8000-000000000001", store: "d1" },
  object: { id: "50a50000-0000-4000-8000-000000000002", store: "object" },
  moving: { id: "50a50000-0000-4000-8000-000000000003", store: "d1" },
} satisfies Record<string, { id: string; store: StoreKind }>;
/** An organization, and its token that may do everything. */
export type OrganizationName = keyof typeof ORGANIZATIONS;

/** The comment of the tokens with which requests come. */
export const COMMENT = "hostile";
const PAST = "2026-01-01T00:00:00Z";

/** Further tokens of the organization in D1, and what is special about each. */
const TOKENS = {
  reader: { scopes: ["meters:read"] },
  revoked: { revoked_at: PAST },
  expired: { expires_at: PAST },
} satisfies Record<string, Partial<TokenRecord>>;
/** Tokens with few or no permissions; the unknown one is well-formed but was never created. */
export type TokenName = keyof typeof TOKENS | "unknown";

/** The token of a name. */
export const tokenNamed = (name: OrganizationName | TokenName | "operator") =>
  tokenOf(`Hostile${name}`.padEnd(37, "0"));

/** Every existing token, and its record. */
export const GRANTS: [token: string, record: TokenRecord][] = [
  ...Object.entries(ORGANIZATIONS).map(([name, { id, store }]) => grantOf(name as OrganizationName, { id, organization_id: id, store })),
  ...Object.entries(TOKENS).map(([name, special], at) => grantOf(name as TokenName, { id: `50a50000-0000-4000-8000-00000000001${at}`, ...special })),
]; // prettier-ignore

function grantOf(
  name: OrganizationName | TokenName,
  record: Partial<TokenRecord> & { id: string },
): [string, TokenRecord] {
  const organization_id = ORGANIZATIONS.d1.id;
  return [
    tokenNamed(name),
    { organization_id, scopes: [...SCOPES], expires_at: null, comment: COMMENT, created_at: PAST, ...record },
  ];
}

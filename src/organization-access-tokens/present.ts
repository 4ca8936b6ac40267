import { SCOPES } from "../auth/principal.ts";
import { formatTime } from "../wire/timestamp.ts";
import { scopesOf, type TokenRow } from "./queries.ts";

/** A token as the API returns it, its fields in this order, without the token itself; scopes that this release does not know have no effect and are left out. */
export function presentToken(row: TokenRow) {
  const scopes = scopesOf(row);
  return {
    id: row.id,
    created_at: formatTime(row.created_at),
    modified_at: formatOrNull(row.modified_at),
    scopes: SCOPES.filter((scope) => scopes.includes(scope)),
    expires_at: formatOrNull(row.expires_at),
    comment: row.comment ?? "",
    last_used_at: formatOrNull(row.last_used_at),
    organization_id: row.organization_id,
  };
}
export type OrganizationAccessToken = ReturnType<typeof presentToken>;

function formatOrNull(time: number | null): string | null {
  return time === null ? null : formatTime(time);
}

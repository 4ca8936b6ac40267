import * as z from "zod/mini";
import { SCOPES, type Scope } from "../auth/principal.ts";
import { list } from "../wire/bounded-array.ts";
import { duration } from "../wire/duration.ts";
import { report } from "../wire/problem.ts";
import { listQuery, QueryBoolean, sortProperty } from "../wire/query.ts";
import { text } from "../wire/text.ts";
import { Uuid4 } from "../wire/uuid.ts";

/** The maximum length of a comment in code points. */
const MAX_COMMENT = 1000;
/** The maximum number of valid tokens of an organization, for tokens that are created through the API. */
export const MAX_TOKENS = 500;
/** Seconds; KV and Date have limits not much further away. */
export const LONGEST_LIFETIME = 100 * 366 * 86_400;
/** Seconds: by then every edge location knows that the old token will expire. */
export const SHORTEST_GRACE = 120;
export const LONGEST_GRACE = 366 * 86_400;
/** The default time in milliseconds in which both tokens are valid after a rotation. */
export const DEFAULT_GRACE = 86_400_000;

/** A scope that a token can be given. */
export const AvailableScope = z.enum(SCOPES);

/** The scopes of a token, each once, in the order of SCOPES. */
export const Scopes = z.pipe(
  list(AvailableScope).check(
    z.superRefine((scopes: Scope[], ctx) => {
      if (scopes.length > 0) return;
      report(ctx, { type: "too_short", ctx: { min_length: 1 } }, "This should have at least one scope.", scopes);
    }),
  ),
  z.transform((scopes: Scope[]) => SCOPES.filter((scope) => scopes.includes(scope))),
);

/** The body of `POST /v1/organization-access-tokens/`. */
export const TokenCreate = z.object({
  organization_id: z._default(z.nullable(Uuid4), null),
  comment: text({ max: MAX_COMMENT }),
  expires_in: z._default(z.nullable(duration({ min: 1, max: LONGEST_LIFETIME })), null),
  scopes: Scopes,
});
/** `expires_in` is in milliseconds. */
export type TokenCreate = Omit<z.output<typeof TokenCreate>, "organization_id">;

/** The body of `PATCH /v1/organization-access-tokens/{id}`: what is absent or null stays unchanged. */
export const TokenUpdate = z.object({
  comment: z.nullish(text({ max: MAX_COMMENT })),
  scopes: z.nullish(Scopes),
});
export type TokenUpdate = z.output<typeof TokenUpdate>;

/** The body of `POST /v1/organization-access-tokens/{id}/rotate`; milliseconds. */
export const TokenRotate = z.object({
  grace_period: z.nullish(duration({ min: SHORTEST_GRACE, max: LONGEST_GRACE })),
});

/** Where a request names one token. */
export const TokenPath = z.object({ id: Uuid4 });

/** The query string of operations that can remove the last token that may change tokens. */
export const ForceQuery = z.object({ force: z._default(QueryBoolean, false) });

/** The orders of `GET /v1/organization-access-tokens/`. */
export const TokenSortProperty = sortProperty("created_at", "comment", "last_used_at", "organization_id");

/** The query string of `GET /v1/organization-access-tokens/`. */
export const TokenListQuery = listQuery({}, TokenSortProperty, {});
export type TokenListQuery = z.output<typeof TokenListQuery>;

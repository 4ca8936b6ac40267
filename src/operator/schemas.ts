import * as z from "zod/mini";
import { Scopes } from "../organization-access-tokens/schemas.ts";
import { STORE_KINDS } from "../store/kinds.ts";
import { list } from "../wire/bounded-array.ts";
import { Uuid4 } from "../wire/uuid.ts";

/** The organization of an operation. */
export const OrganizationPath = z.object({ id: Uuid4 });

/** The columns of a key. */
const MAX_KEYS = 5;

/** Where a verification continues: the state of the previous response, null to begin. */
export const VerifyBody = z.object({
  repair: z.boolean(),
  state: z.nullable(
    z.object({
      meter: z.string(),
      phase: z.enum(["build", "compare", "delete", "done"]),
      list: z.int(),
      after: z.nullable(list(z.union([z.string(), z.int()]), { max: MAX_KEYS })),
    }),
  ),
});

/** The days to restore, and where to continue: the cursor of the previous response, null to begin. */
export const RestoreBody = z.object({ from: z.string(), to: z.string(), cursor: z.nullable(z.int()) });

/** A token to store. The command line makes it and sends only its hash. `expires_in` is in milliseconds. */
export const TokenBody = z.object({
  id: Uuid4,
  hash: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  comment: z.nullable(z.string()),
  scopes: Scopes,
  expires_in: z.nullable(z.int().check(z.positive())),
  store: z.nullable(z.enum(STORE_KINDS)),
});
export type TokenBody = z.output<typeof TokenBody>;

/** Where a list of all tokens continues: the cursor of the previous response, null to begin. */
export const TokenListBody = z.object({ cursor: z.nullable(z.string()) });

/** The token that is revoked. */
export const RevokeBody = z.object({ token_id: Uuid4 });

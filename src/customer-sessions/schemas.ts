import * as z from "zod/mini";
import { CUSTOMER, hasOneCustomer } from "../customer-meters/schemas.ts";
import { report } from "../wire/problem.ts";
import { text } from "../wire/text.ts";

/** Seconds for which a session is valid: at least, at most, and unless the request says. */
export const LIFETIME = { min: 60, max: 86_400, default: 3600 };
/** Maximum length of a return_url in code points, as Polar's. */
const MAX_URL = 2083;
/** Hosts of programs on the same machine, which may do without TLS. */
const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** An address that a page may link to: a script or a plain http page elsewhere is none. */
const ReturnUrl = text({ min: 1, max: MAX_URL }).check(
  z.superRefine((value: string, ctx) => {
    const { protocol = "", hostname = "" } = URL.parse(value) ?? {};
    if (protocol === "https:" || (protocol === "http:" && LOCAL.has(hostname))) return;
    report(ctx, { type: "value_error" }, "This should be an https URL; http only on localhost.", value);
  }),
);

/** A field of Polar's teams: refused, because a session of a member would see less. */
const MemberField = z.optional(
  z.unknown().check(
    z.superRefine((value: unknown, ctx) => {
      if (value == null) return;
      report(ctx, { type: "value_error" }, "Customers have no members here. Leave it out.", value);
    }),
  ),
);

/** The body of `POST /v1/customer-sessions/`; `expires_in` is in seconds. */
export const SessionCreate = z
  .object({
    ...CUSTOMER,
    member_id: MemberField,
    external_member_id: MemberField,
    return_url: z._default(z.nullable(ReturnUrl), null),
    expires_in: z._default(z.int().check(z.minimum(LIFETIME.min), z.maximum(LIFETIME.max)), LIFETIME.default),
  })
  .check(hasOneCustomer);
export type SessionCreate = z.output<typeof SessionCreate>;

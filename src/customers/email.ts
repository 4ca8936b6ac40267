import * as z from "zod/mini";
import { report } from "../wire/problem.ts";

/** Octets of an address and of its parts (RFC 5321, section 4.5.3.1). */
const MAX = { address: 254, local: 64, label: 63 };
/** White space, control and format characters, unpaired surrogates, and characters allowed in quoted addresses only. */
const FORBIDDEN = /[\s\p{Cc}\p{Cf}\p{Cs}()<>[\]:;,"\\]/u;
/** Letters of any script with their marks, digits and inner hyphens. */
const LABEL = /^[\p{L}0-9](?:[\p{L}\p{M}0-9-]*[\p{L}\p{M}0-9])?$/u;
const DIGITS = /^[0-9]+$/;

/** An e-mail address: trimmed, in Unicode's composed form (NFC), its domain in lower case. */
export const Email = z.pipe(
  z.string(),
  z.transform((value: string, ctx): string => {
    const result = read(value.trim());
    if (typeof result !== "string") return result.email;
    report(ctx, { type: "value_error" }, result, value);
    return z.NEVER;
  }),
);

/** Converts an address to the form in which addresses are compared and searched, regardless of case. */
export function foldEmail(email: string): string {
  return email.normalize("NFC").toLowerCase();
}

const TOO_LONG = `An e-mail address should have at most ${MAX.address} octets.`;
/** The maximum number of UTF-16 units that NFC composes into one: a letter with three marks. */
const COMPOSED = 4;

/** Returns an address, or what is wrong with it. The length comes first, because the other checks are slow for long texts. */
function read(value: string): { email: string } | string {
  if (value.length > MAX.address * COMPOSED) return TOO_LONG;
  const [local = "", ...domains] = value.normalize("NFC").split("@");
  const domain = domains.join("@").toLowerCase();
  const problem = domains.length === 1 ? problemOf(local, domain) : "An e-mail address has exactly one @.";
  return problem ?? { email: `${local}@${domain}` };
}

function problemOf(local: string, domain: string): string | null {
  if (FORBIDDEN.test(local) || FORBIDDEN.test(domain)) {
    return 'An e-mail address cannot contain white space, control characters, or any of ()<>[]:;,"\\.';
  }
  if (local === "" || octets(local) > MAX.local) return `The part before @ should have 1 to ${MAX.local} octets.`;
  if (`.${local}.`.includes("..")) return "The part before @ cannot have a dot at an end, or two dots in a row.";
  const labels = domain.split(".");
  if (labels.length < 2 || !labels.every(isLabel) || DIGITS.test(labels.at(-1)!)) {
    return "The part after @ should be a domain name, such as example.com.";
  }
  return octets(local) + 1 + octets(domain) <= MAX.address ? null : TOO_LONG;
}

function isLabel(label: string): boolean {
  return label.length <= MAX.label && octets(label) <= MAX.label && LABEL.test(label);
}

function octets(text: string): number {
  return new TextEncoder().encode(text).length;
}

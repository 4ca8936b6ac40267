import fc from "fast-check";
import { OPERATIONS } from "../../test/support/document.ts";
import type { Credential, Request } from "../exchange.ts";
import { type Documented, METER_ID, requestsOf } from "../requests.ts";
import { type Case, withStored } from "./case.ts";

/** Mostly a token that may do what is asked. */
const credentials: fc.Arbitrary<Credential> = fc.oneof(
  { weight: 16, arbitrary: fc.constant<Credential>("d1") },
  { weight: 3, arbitrary: fc.constant<Credential>("object") },
  { weight: 1, arbitrary: fc.constantFrom<Credential>("reader", "revoked", "expired", "unknown", "none") },
);

function sendable(documented: Documented): fc.Arbitrary<Request> {
  const isRead = documented.method === "GET";
  return fc
    .record({
      made: requestsOf(documented),
      as: credentials,
      stored: fc.nat(500),
      isOdd: fc.nat(9).map((n) => n === 0),
    })
    .map(({ made: { path, query, headers, body }, as, stored, isOdd }) => ({
      method: isRead && isOdd ? "HEAD" : documented.method,
      path: withStored(path, stored) + (query === "" ? "" : `?${query}`),
      as,
      headers,
      body: typeof body === "string" ? Buffer.from(body.replaceAll(METER_ID, `@meters:${stored}@`)) : body,
      chunked: isOdd && body !== undefined,
    }));
}

/** Requests of every documented operation: its path, parameters, headers and body are mostly as documented. */
export const documentedCases: fc.Arbitrary<Case> = fc.oneof(
  ...OPERATIONS.map((each) =>
    sendable(each).map((step) => ({ kind: `documented ${each.operation.operationId}`, steps: [step] })),
  ),
);

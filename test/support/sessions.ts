import { call } from "./api.ts";

/** Makes a session, and returns its token. */
export async function openSession(token: string, session: object): Promise<string> {
  const { json } = await call("POST", "/v1/customer-sessions/", { token, body: session });
  return json.token;
}

/** Makes a customer with the external id `c1`, and a session of it; its ids too. */
export async function makeCustomer(token: string, external_id = "c1") {
  const body = { email: `${external_id}@example.com`, name: external_id, external_id };
  const { json } = await call("POST", "/v1/customers/", { token, body });
  return { customer_id: json.id as string, session: await openSession(token, { customer_id: json.id }) };
}

/** A token whose claims were changed, and not signed again. */
export function changedClaims(token: string, changes: object): string {
  const [claims = "", signature] = token.slice("em_cst_".length).split(".");
  const read = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
  const written = btoa(JSON.stringify({ ...read, ...changes }));
  return `em_cst_${written.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}.${signature}`;
}

/** A balance as `GET /v1/customer-portal/meters/` answers it. */
export type Balance = {
  id: string;
  meter_id: string;
  consumed_units: number;
  credited_units: number;
  balance: number;
  held_units: number;
  unit: "scalar" | "token" | "custom";
  custom_label: string | null;
  reset_at: string | null;
  meter: { name: string };
};

/** What a customer used: a quantity for each row. */
export type Quantities = { quantities: { timestamp: string; quantity: number }[]; total: number };

/** Where this script comes from is where it asks. */
const BASE = new URL("/v1/customer-portal/", import.meta.url);

/** The session was refused: it has expired, or was ended. */
export class SessionEnded extends Error {
  /** Where an expired session leads back to. */
  readonly returnUrl: string | null;
  constructor(returnUrl: string | null) {
    super("The session has ended.");
    this.returnUrl = returnUrl;
  }
}

/**
 * Asks for something that the customer of a session may see.
 * @throws SessionEnded; an Error with a text for people when nothing was answered, or the answer is a refusal
 */
export async function ask<T>(
  token: string,
  path: string,
  query: Record<string, string> = {},
  signal: AbortSignal | null = null,
): Promise<T> {
  const url = new URL(path, BASE);
  url.search = new URLSearchParams(query).toString();
  const request = { headers: { Authorization: `Bearer ${token}` }, signal, credentials: "omit" } as const;
  const response = await fetch(url, request).catch((error: unknown) => {
    throw signal?.aborted === true ? error : new Error("The server can't be reached. Check your connection.");
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  if (response.status === 401) throw new SessionEnded(body.return_url ?? null);
  throw new Error(messageOf(response.status, body));
}

function messageOf(status: number, { detail }: { detail?: string | { msg: string }[] }): string {
  if (status === 429 || status === 503) return "The server is busy. Try again in a moment.";
  if (status === 404) return "There is no such meter.";
  return Array.isArray(detail) ? detail.map(({ msg }) => msg).join(" ") : `The server answered with ${status}.`;
}

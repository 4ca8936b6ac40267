/** Sends a request as one organization, and returns the answer's JSON. */
export type Send = (method: string, path: string, body?: object) => Promise<any>;

/** Ids by the names that parameters and bodies have for them; `id` is the one in a resource's own paths. */
export type Ids = Record<string, string>;

/** What is sent to an operation; `id` replaces the one in its path. */
type Request = { id?: string; query?: Record<string, string>; headers?: Record<string, string>; body?: object };

/** The examples of a resource for suites about all resources; a new resource or operation is added only here. */
export type Example = {
  /** The id that the document shows for an item. */
  id: string;
  /**
   * Makes an item.
   * @param ids of the resources before this one
   * @param text goes into every text, for those who search for it
   */
  make: (send: Send, ids: Ids, text?: string) => Promise<Ids & { id: string }>;
  /** A valid request of each operation, and what makes it invalid. */
  requests: Record<string, (ids: Ids) => Request & { bad: Request }>;
};

/** The range of three days, of which the first has the example's event. */
export const RANGE = { start_timestamp: "2026-01-01T00:00:00Z", end_timestamp: "2026-01-03T00:00:00Z", interval: "day" }; // prettier-ignore

/** What is invalid where nothing can be sent. */
export const STRICT: Request = { query: { unknown: "1" }, headers: { Prefer: "handling=strict" } };

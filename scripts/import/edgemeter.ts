import { retryingFetch } from "./retrying-fetch.ts";
import { type Collection, type Ingested, POLAR_ID, type Problem, reasonOf, type Target } from "./target.ts";

type Answer = { status: number; json: any; isReplayed: boolean };
/** Sends a request; the answer is a success, a 404, a 413 or a 422. */
type Request = (method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<Answer>;

/** An Edgemeter as a target that can be read as well. */
export type Edgemeter = Target & { request: Request };

/** Opens the organization of a token through the HTTP API; requests that fail for the moment are repeated. */
export function openEdgemeter(baseUrl: string, token: string): Edgemeter {
  const send = retryingFetch();
  const request: Request = async (method, path, body, headers = {}) => {
    const response = await send(`${baseUrl.replace(/\/+$/, "")}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok && ![404, 413, 422].includes(response.status)) {
      throw new Error(`${method} ${path} at ${baseUrl} was answered with ${response.status}: ${text}`);
    }
    const isReplayed = response.headers.has("Idempotent-Replayed");
    return { status: response.status, json: text === "" ? null : JSON.parse(text), isReplayed };
  };
  return {
    request,
    create: async (collection, polarId, body) => {
      const key = { "Idempotency-Key": `polar:${collection}:${polarId}` };
      const { status, json, isReplayed } = await request("POST", `/v1/${collection}/`, body, key);
      if (status === 201) return { id: json.id, isNew: !isReplayed };
      // An earlier run created it and it has changed at Polar since, or the customer was here before.
      const id = await find(request, collection, polarId, body);
      return id === undefined ? { refused: reasonOf(json.detail) } : { id, isNew: false };
    },
    archive: async (meterId) => void (await request("PATCH", `/v1/meters/${meterId}`, { is_archived: true })),
    ingest: (events) => ingest(request, events),
  };
}

/** Finds what is here by its id at Polar, or a customer by the id or the address that no other one can have. */
async function find(request: Request, collection: Collection, polarId: string, body: object) {
  const list = async (name: string, value: string): Promise<string | undefined> => {
    const { json } = await request("GET", `/v1/${collection}/?${new URLSearchParams({ [name]: value })}`);
    return json.items?.[0]?.id;
  };
  const marked = await list(`metadata[${POLAR_ID}]`, polarId);
  if (marked !== undefined || collection === "meters") return marked;
  const { external_id, email } = body as { external_id: string | null; email: string };
  if (external_id === null) return list("email", email);
  const { status, json } = await request("GET", `/v1/customers/external/${encodeURIComponent(external_id)}`);
  return status === 200 ? (json.id as string) : undefined;
}

/** Sends events, and again without those that are refused, because a request is accepted as a whole or not at all. */
async function ingest(request: Request, events: object[]): Promise<Ingested> {
  const refused = new Map<number, string>();
  for (;;) {
    const indexes = [...events.keys()].filter((i) => !refused.has(i));
    if (indexes.length === 0) return { inserted: 0, duplicates: 0, refused };
    const body = { events: indexes.map((i) => events[i]!) };
    const { status, json } = await request("POST", "/v1/events/ingest", body);
    if (status === 200) return { inserted: json.inserted, duplicates: json.duplicates, refused };
    const found = Array.isArray(json.detail) ? refusalsOf(json.detail) : new Map<number, string>();
    if (found.size === 0) throw new Error(`Events were answered with ${status}: ${JSON.stringify(json.detail)}`);
    for (const [i, reason] of found) refused.set(indexes[i]!, reason);
  }
}

/** Why which events of a request were refused; problems after the first hundred are not in the answer. */
function refusalsOf(problems: Problem[]): Map<number, string> {
  const byEvent = Map.groupBy(
    problems.filter(({ loc }) => loc[1] === "events" && typeof loc[2] === "number"),
    ({ loc }) => Number(loc[2]),
  );
  return new Map([...byEvent].map(([i, own]) => [i, reasonOf(own)]));
}

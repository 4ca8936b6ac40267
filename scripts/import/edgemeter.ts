import { createEdgemeter, type Edgemeter as Client, EdgemeterError, type Problem } from "../../client/src/index.ts";
import { retryingFetch } from "./retrying-fetch.ts";
import { type Collection, type Ingested, POLAR_ID, reasonOf, type Target } from "./target.ts";

/** An Edgemeter as a target that can also be read. */
export type Edgemeter = Target & {
  client: Client;
  /** @throws an error with the host and the remedy when it does not answer within nine seconds */
  reach: () => Promise<void>;
};

/** Milliseconds for a request with its repetitions; long, because an import should wait rather than fail. */
const [TIME_LIMIT, ATTEMPT_TIME_LIMIT] = [300_000, 60_000];

/** Opens the organization of a token through the HTTP API; requests that fail for the moment are repeated. */
export function openEdgemeter(baseUrl: string, token: string): Edgemeter {
  const client = createEdgemeter({ baseUrl, token, timeLimit: TIME_LIMIT, attemptTimeLimit: ATTEMPT_TIME_LIMIT });
  return {
    client,
    reach: async () => {
      const send = retryingFetch("Check that the Edgemeter runs there, and --to.");
      await send(`${baseUrl.replace(/\/+$/, "")}/healthz`);
    },
    create: async (collection, polarId, body) => {
      const header = { "Idempotency-Key": `polar:${collection}:${polarId}` };
      try {
        const path = collection === "meters" ? "/v1/meters/" : "/v1/customers/";
        const { data, response } = await client.request("post", path, { header, body: body as never });
        return { id: data.id, isNew: !response.headers.has("Idempotent-Replayed") };
      } catch (error) {
        const problems = problemsOf(error);
        // An earlier run created it and it has changed at Polar since, or the customer existed before the import.
        const id = await find(client, collection, polarId, body);
        return id === undefined ? { refused: reasonOf(problems) } : { id, isNew: false };
      }
    },
    archive: async (id) => void (await client.patch("/v1/meters/{id}", { path: { id }, body: { is_archived: true } })),
    ingest: (events) => ingest(client, events),
  };
}

/** The problems of a request that was refused; any other error is thrown. */
function problemsOf(error: unknown): Problem[] {
  if (error instanceof EdgemeterError && Array.isArray(error.detail)) return error.detail;
  throw error;
}

/** Finds an item by its id at Polar, or a customer by its external id or e-mail address, which are unique. */
async function find({ get }: Client, collection: Collection, polarId: string, body: object) {
  const metadata = { [POLAR_ID]: polarId };
  if (collection === "meters") return (await get("/v1/meters/", { query: { metadata } })).items[0]?.id;
  const [marked] = (await get("/v1/customers/", { query: { metadata } })).items;
  if (marked !== undefined) return marked.id;
  const { external_id, email } = body as { external_id: string | null; email: string };
  if (external_id === null) return (await get("/v1/customers/", { query: { email } })).items[0]?.id;
  try {
    return (await get("/v1/customers/external/{external_id}", { path: { external_id } })).id;
  } catch (error) {
    if (error instanceof EdgemeterError && error.status === 404) return undefined;
    throw error;
  }
}

/** Sends events, and again without those that are refused, because a request is accepted as a whole or not at all. */
async function ingest({ post }: Client, events: object[]): Promise<Ingested> {
  const refused = new Map<number, string>();
  for (;;) {
    const indexes = [...events.keys()].filter((i) => !refused.has(i));
    if (indexes.length === 0) return { inserted: 0, duplicates: 0, refused };
    try {
      const sent = indexes.map((i) => events[i]!) as never[];
      const { inserted, duplicates } = await post("/v1/events/ingest", { body: { events: sent } });
      return { inserted, duplicates, refused };
    } catch (error) {
      const found = refusalsOf(problemsOf(error));
      if (found.size === 0) throw error;
      for (const [i, reason] of found) refused.set(indexes[i]!, reason);
    }
  }
}

/** The refused events of a request and the reasons; a response has at most a hundred problems. */
function refusalsOf(problems: Problem[]): Map<number, string> {
  const byEvent = Map.groupBy(
    problems.filter(({ loc }) => loc[1] === "events" && typeof loc[2] === "number"),
    ({ loc }) => Number(loc[2]),
  );
  return new Map([...byEvent].map(([i, own]) => [i, reasonOf(own)]));
}

import { relative } from "node:path";
import { deleteOperatorKey, type Operation, putOperatorKey } from "../src/auth/operator-keys.ts";
import { newToken } from "../src/auth/token.ts";
import { readLocalOperator } from "./local-operator.ts";
import { type Ask, askOperator } from "./operator.ts";
import { UsageError } from "./usage.ts";
import { isWorkerName } from "./wrangler-config.ts";
import { STATE, withDeployedTokens } from "./wrangler-kv.ts";

/** The flags of commands that call a Worker: where it is, and where its data is. */
export const PLACE_FLAGS = {
  remote: { type: "boolean" },
  url: { type: "string" },
  name: { type: "string" },
  "persist-to": { type: "string" },
} as const;

/** The values of PLACE_FLAGS. */
type PlaceValues = { remote?: boolean; url?: string; name?: string; "persist-to"?: string };

/** The Worker that a command calls: a deployed one, or the one that runs on a folder of local data. */
export type WorkerPlace = { url: string; name: string | undefined } | { folder: string };

/** Seconds for which a key of a deployed Worker is valid, and milliseconds after which it is replaced. */
const [KEY_LIFETIME, KEY_AGE] = [600, 300_000];

/**
 * Reads which Worker a command calls.
 * @throws UsageError for flags that do not fit together
 */
export function readPlace(values: PlaceValues): WorkerPlace {
  const { remote = false, url, name, "persist-to": persistTo } = values;
  if (!remote) {
    if ((url ?? name) !== undefined) throw new UsageError("--url and --name are for --remote only.");
    return { folder: persistTo ?? STATE };
  }
  if (persistTo !== undefined) throw new UsageError("--persist-to is for local data only.");
  if (url === undefined) throw new UsageError("--remote needs --url: the address of the deployed Worker.");
  if (name !== undefined && !isWorkerName(name)) {
    throw new UsageError(`--name ${name} is not a valid name of a Worker.`);
  }
  return { url, name };
}

/**
 * Calls a function that can ask a Worker for operations on an organization, or on all (null). A deployed Worker gets a key
 * for each operation, which is deleted at the end; the local one has left a key in the folder of its data.
 * @throws an Error when no local server runs on these data
 */
export async function withOperator<T>(
  place: WorkerPlace,
  organization: string | null,
  use: (ask: Ask) => Promise<T>,
): Promise<T> {
  const path = organization === null ? "/operator" : `/operator/organizations/${organization}`;
  if ("folder" in place) return use(await askLocal(place.folder, path));
  const known = new Map<Operation, { key: string; until: number }>();
  const made: string[] = [];
  const keyFor = async (operation: Operation) => {
    const current = known.get(operation);
    if (current !== undefined && Date.now() < current.until) return current.key;
    const key = newToken();
    const allowed = { organization_id: organization, operation };
    await withDeployedTokens(place.name, (kv) => putOperatorKey(kv, key, allowed, KEY_LIFETIME));
    made.push(key);
    known.set(operation, { key, until: Date.now() + KEY_AGE });
    return key;
  };
  try {
    return await use(askOperator(place.url + path, keyFor));
  } finally {
    await withDeployedTokens(place.name, (kv) => Promise.all(made.map((key) => deleteOperatorKey(kv, key))));
  }
}

async function askLocal(folder: string, path: string): Promise<Ask> {
  const where = relative("", folder);
  const flag = folder === STATE ? "" : ` -- --persist-to ${where}`;
  const missing = () => new Error(`No server runs on ${where}. In another terminal: npm run dev${flag}`);
  const operator = await readLocalOperator(folder);
  if (operator === null) throw missing();
  return askOperator(operator.url + path, async () => operator.key, missing);
}

import { createEdgemeter, type Edgemeter } from "../../client/src/index.ts";

/** Milliseconds for a request with its repetitions: a person waits for it. */
const TIME_LIMIT = 15_000;
/** Requests that are sent at once; others wait for their turn. */
const AT_ONCE = 4;

/**
 * Makes the API's client for a token.
 * @param onRefused is called when the API answers 401: the token is unknown, expired or revoked
 */
export function makeClient(token: string, onRefused: () => void): Edgemeter {
  const takeTurn = turns(AT_ONCE);
  return createEdgemeter({
    baseUrl: location.origin,
    token,
    timeLimit: TIME_LIMIT,
    fetch: async (request) => {
      const response = await takeTurn(() => fetch(request));
      if (response.status === 401) onRefused();
      return response;
    },
  });
}

/** Lets a number of tasks run at once, the others in the order in which they came. */
function turns(atOnce: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= atOnce) await new Promise<void>((begin) => waiting.push(begin));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

/** An answer, or null when there was none: the runtime was killed, or it is not up again. */
export type Answer = { status: number; json: any } | null;

/** What went wrong: anything in here fails the run. */
export const problems: string[] = [];
/** How often each status was answered; 0 stands for no answer. */
export const statuses = new Map<number, number>();

/** The longest time that a request took which was repeated until it was carried out, in milliseconds. */
export const longest = { wait: 0 };

/** Milliseconds after which a request that is repeated is sent again. */
const PAUSE = 200;

/** Sends one request. An answer of 5xx other than a 503 with Retry-After is a problem. */
export async function ask(
  base: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
  key?: string,
): Promise<Answer> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key !== undefined) headers["Idempotency-Key"] = key;
  try {
    const answer = await fetch(base + path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await answer.text();
    count(answer.status);
    const isExpected = answer.status < 500 || (answer.status === 503 && answer.headers.has("Retry-After"));
    // What has no id is the answer of the local runtime, which ends.
    if (!answer.headers.has("X-Request-Id")) return null;
    if (!isExpected) problems.push(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return { status: answer.status, json: text === "" ? null : JSON.parse(text) };
  } catch {
    count(0);
    return null;
  }
}

const count = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1);

/** Sends a request that can be repeated until it is answered with something else than 503. */
export async function askUntil(send: () => Promise<Answer>): Promise<NonNullable<Answer>> {
  const start = Date.now();
  for (;;) {
    const answer = await send();
    longest.wait = Math.max(longest.wait, Date.now() - start);
    if (answer !== null && answer.status < 500) return answer;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

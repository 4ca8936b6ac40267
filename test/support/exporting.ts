import { env } from "cloudflare:workers";

/** The Worker's bindings with those of a deployment that exports its events. */
export const EXPORTING = { ...env, EXPORT: env.TEST_EXPORT };

/** The keys of all objects. */
export const keysOf = async () => (await env.TEST_EXPORT.list()).objects.map(({ key }) => key);

/** The text of an object, as it is when one decompresses it. */
export async function textOf(key: string): Promise<string> {
  const { body } = (await env.TEST_EXPORT.get(key))!;
  return new Response(body.pipeThrough(new DecompressionStream("gzip"))).text();
}

/** The events of all objects, in the order of their numbers. */
export async function exported(): Promise<any[]> {
  const texts = await Promise.all((await keysOf()).map(textOf));
  const lines = texts.flatMap((text) => text.split("\n").slice(0, -1)).map((line) => JSON.parse(line));
  return lines.toSorted((a, b) => a.seq - b.seq);
}

type Method = "head" | "get" | "put";
type Hook = (carryOut: () => Promise<any>, method: Method, key: string) => unknown;

/** The bucket, with each call passed through a hook, which may carry it out or not. */
export function bucketWith(hook: Hook): R2Bucket {
  const real = env.TEST_EXPORT;
  const method =
    (name: Method) =>
    async (key: string, ...args: any[]) =>
      hook(() => (real[name] as any)(key, ...args), name, key);
  return { head: method("head"), get: method("get"), put: method("put") } as unknown as R2Bucket;
}

/** The bucket that fails in one way each time. */
export const failingBucket = (...methods: Method[]) =>
  bucketWith((carryOut, method) => {
    if (methods.includes(method)) throw new Error("R2 is down");
    return carryOut();
  });

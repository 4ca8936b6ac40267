import fc from "fast-check";

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, "", "\0", "\ud800", "x".repeat(2000), 0, -1, 1e308, 2 ** 53, 1.5, [], {}, [[]], {
    __proto__: null,
  }),
);

/** Every path to a value inside a JSON value, the value itself included. */
function pathsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  return [path, ...[...keys].flatMap((key) => pathsOf(Reflect.get(value, key), [...path, key]))];
}

function replaced(value: any, [key, ...rest]: (string | number)[], change: (old: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[key] = replaced(value[key], rest, change);
  if (copy[key] === undefined) delete copy[key];
  return copy;
}

/** Bodies of all kinds: JSON, text and bytes at random, and mostly a valid body with a few values changed. */
export function bodies(valid: unknown, { changes: most = 4 } = {}): fc.Arbitrary<string | Uint8Array> {
  const mutated = fc
    .array(fc.tuple(fc.nat(), fc.option(odd, { nil: undefined })), { minLength: 1, maxLength: most })
    .map((changes) =>
      changes.reduce<unknown>((body, [at, value]) => {
        const paths = pathsOf(body);
        return replaced(body, paths[at % paths.length]!, () => value);
      }, valid),
    );

  return fc.oneof(
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    { weight: 4, arbitrary: mutated.map((value) => JSON.stringify(value) ?? "") },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(), fc.string({ maxLength: 3 })).map(([at, noise]) => {
        const text = JSON.stringify(valid);
        return text.slice(0, at % text.length) + noise + text.slice((at % text.length) + 1);
      }),
    },
  );
}

/** A 422 names at least one place that is in the body, or a field that its parent in the body lacks. */
export function pointsIntoBody(answer: { json: any }, sent: string | Uint8Array): boolean {
  let value: unknown;
  try {
    value = JSON.parse(typeof sent === "string" ? sent : new TextDecoder().decode(sent));
  } catch {}
  return answer.json.detail.some(({ loc, type }: { loc: (string | number)[]; type: string }) => {
    const [place, ...path] = loc;
    if (place !== "body") return false;
    let parent: any = value;
    for (const key of type === "missing" ? path.slice(0, -1) : path) {
      if (typeof parent !== "object" || parent === null || !Object.hasOwn(parent, key)) return false;
      parent = parent[key];
    }
    // Null is also missing where a body needs one of two fields.
    return (
      type !== "missing" || path.length === 0 || parent[path.at(-1)!] == null || !Object.hasOwn(parent, path.at(-1)!)
    );
  });
}

/** Writes a query: lists repeat their parameter, and `metadata` is `metadata[key]`; what is null or undefined is left out. */
export function toQuery(query: Record<string, unknown>): string {
  const search = new URLSearchParams();
  const append = (name: string, value: unknown): void => {
    if (value == null) return;
    if (Array.isArray(value)) for (const each of value) append(name, each);
    else if (typeof value === "object")
      for (const [key, each] of Object.entries(value)) append(`${name}[${key}]`, each);
    else search.append(name, textOf(value));
  };
  for (const [name, value] of Object.entries(query)) append(name, value);
  return search.toString();
}

/**
 * Puts values into a path.
 * @throws a TypeError for values that would change the path, such as `..`
 */
export function toPath(path: string, values: Record<string, unknown>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = textOf(values[name] ?? "");
    if (["", ".", ".."].includes(value)) throw new TypeError(`${name} can't be ${JSON.stringify(value)} in ${path}`);
    return encodeURIComponent(value);
  });
}

const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

import { useLocation } from "preact-iso/router";
import { useMemo } from "preact/hooks";

/** How a value is written in the address: the texts of one name. Undefined means that they are not a value. */
export type Codec<T> = {
  fallback: T;
  parse: (texts: string[]) => T | undefined;
  print: (value: T) => string[];
};
type Values<C> = { [Name in keyof C]: C[Name] extends Codec<infer T> ? T : never };

/** A text; an empty one is left out. */
export const text = (fallback = ""): Codec<string> => ({
  fallback,
  parse: ([value]) => value,
  print: (value) => (value === "" ? [] : [value]),
});

/** One of a few values. */
export const choice = <T extends string>(values: readonly T[], fallback: NoInfer<T>): Codec<T> => ({
  fallback,
  parse: ([value]) => values.find((each) => each === value),
  print: (value) => [value],
});

/** Any number of texts. @public */
export const texts = (): Codec<string[]> => ({ fallback: [], parse: (values) => values, print: (values) => values });

/** The number of a page, from 1. */
export const pageNumber = (): Codec<number> => ({
  fallback: 1,
  parse: ([value]) => (/^[1-9]\d{0,8}$/.test(value ?? "") ? Number(value) : undefined),
  print: (value) => [String(value)],
});

/** Something that is on only where the address says so. */
export const flag = (): Codec<boolean> => ({
  fallback: false,
  parse: ([value]) => (value === "true" ? true : value === "false" ? false : undefined),
  print: (value) => [String(value)],
});

/** A moment, as the API takes it: RFC 3339. Empty for none. */
export const moment = (): Codec<string> => ({
  fallback: "",
  parse: ([value = ""]) => (Number.isNaN(Date.parse(value)) ? undefined : value),
  print: (value) => (value === "" ? [] : [value]),
});

/** What a page keeps in the address. */
export type UrlState<C> = {
  values: Values<C>;
  /** The names whose texts are not values: their defaults are used. */
  refused: string[];
  /** The address with some values changed; without `page` among them it is the first page. */
  hrefOf: (changes: Partial<Values<C>>) => string;
  /** Goes to that address; with `replace` without an entry in the history, for what is typed. */
  set: (changes: Partial<Values<C>>, options?: { replace: boolean }) => void;
};

/**
 * Reads and writes what a page keeps in the address: the names are those of the API, defaults are left out.
 * @param codecs a constant of the page's module
 */
export function useUrlState<C extends object>(codecs: C): UrlState<C> {
  const { url, path, route } = useLocation();
  return useMemo(() => {
    const { values, refused } = parse(codecs, url);
    const hrefOf = (changes: Partial<Values<C>>) => {
      const next = { ...values, ...("page" in codecs && { page: 1 }), ...changes } as Values<C>;
      const query = print(codecs, next);
      return query === "" ? path : `${path}?${query}`;
    };
    return { values, refused, hrefOf, set: (changes, options) => route(hrefOf(changes), options?.replace) };
  }, [url, codecs]);
}

type AnyCodecs = Record<string, Codec<unknown>>;

function parse<C extends object>(codecs: C, url: string): { values: Values<C>; refused: string[] } {
  const query = new URL(url, location.origin).searchParams;
  const refused: string[] = [];
  const entries = Object.entries(codecs as AnyCodecs).map(([name, codec]) => {
    if (!query.has(name)) return [name, codec.fallback];
    const value = codec.parse(query.getAll(name));
    if (value === undefined) refused.push(name);
    return [name, value ?? codec.fallback];
  });
  return { values: Object.fromEntries(entries) as Values<C>, refused };
}

function print(codecs: object, values: object): string {
  const query = new URLSearchParams();
  for (const [name, codec] of Object.entries(codecs as AnyCodecs)) {
    const value = (values as Record<string, unknown>)[name];
    if (JSON.stringify(value) === JSON.stringify(codec.fallback)) continue;
    for (const each of codec.print(value)) query.append(name, each);
  }
  return query.toString();
}

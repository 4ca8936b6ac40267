import type { paths } from "./api.ts";

/** The methods of the API. */
export type Method = "get" | "post" | "patch" | "delete";

/** The paths that have a method. */
export type PathOf<M extends Method> = { [P in keyof paths]: M extends keyof paths[P] ? P : never }[keyof paths];

type Operation<P extends keyof paths, M> = M extends keyof paths[P] ? paths[P][M] : never;
type Json<Content> = Content extends { content: { "application/json": infer Found } } ? Found : undefined;

type Parameters<O> = O extends { parameters: infer Found } ? Found : never;
type Body<O> = O extends { requestBody: infer Found } ? { body: Json<Found> } : { body?: never };

/** What a request has: `path`, `query`, `header` and `body` as the API's document has them, and a signal that aborts it. */
export type Init<P extends keyof paths, M extends Method> = Parameters<Operation<P, M>> &
  Body<Operation<P, M>> & { signal?: AbortSignal | undefined };

/** The arguments after the path; none are needed where nothing is required. */
export type Rest<P extends keyof paths, M extends Method> =
  Partial<Init<P, M>> extends Init<P, M> ? [init?: Init<P, M>] : [init: Init<P, M>];

/** The body of a successful answer; undefined when it has none. */
export type Answer<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer Responses }
    ? { [Status in keyof Responses & (200 | 201 | 202 | 204)]: Json<Responses[Status]> }[keyof Responses &
        (200 | 201 | 202 | 204)]
    : never;

type Page = { items: unknown[]; pagination: { max_page: number } | { next_cursor: string | null } };

/** The paths of lists. */
export type ListPath = { [P in PathOf<"get">]: Answer<P, "get"> extends Page ? P : never }[PathOf<"get">];

/** An item of a list. */
export type Item<P extends ListPath> = Answer<P, "get"> extends { items: (infer Found)[] } ? Found : never;

/** What an endpoint gets: its organization, the request, the id in its path, and the query string. */
export type Asked = { db: D1Database; organization: string; request: Request; id: string; query: URLSearchParams };

/** What an endpoint answers. */
export type Answer = { status: number; json: string };

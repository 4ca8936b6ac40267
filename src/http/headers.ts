import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./env.ts";

const EXPOSED = [
  "Allow",
  "Content-Disposition",
  "ETag",
  "Events-From",
  "Idempotent-Replayed",
  "Link",
  "Preference-Applied",
  "RateLimit-Policy",
  "Retry-After",
  "Server-Timing",
  "WWW-Authenticate",
  "X-Request-Id",
];

/** Any origin may call the API; the browser's credentials are not used, so a page needs a token of its own. */
const preflight = cors({
  origin: "*",
  allowMethods: ["GET", "HEAD", "POST", "PATCH", "DELETE"],
  allowHeaders: [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Polar-Organization",
    "Polar-Version",
    "Prefer",
  ],
  maxAge: 86_400,
});

/** The headers of every response: any origin may read it, and no cache may store it nor a browser run, frame or sniff it. */
const STANDARD_HEADERS = Object.entries({
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": EXPOSED.join(","),
  "Cache-Control": "private, no-store",
  // OWASP REST security cheat sheet.
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Referrer-Policy": "no-referrer",
  "Strict-Transport-Security": "max-age=31536000",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
});

/**
 * Adds the standard headers and the request's id, and responds to preflights. Headers are set before the response is made,
 * because changing those of a finished response is slower.
 */
export const standardHeaders = createMiddleware<AppEnv>(async (c, next) => {
  for (const [name, value] of STANDARD_HEADERS) c.header(name, value);
  c.header("X-Request-Id", c.var.requestId);
  // Any other OPTIONS request asks for the methods of a path.
  const isPreflight = c.req.method === "OPTIONS" && c.req.header("Access-Control-Request-Method") !== undefined;
  if (isPreflight) return preflight(c, next);
  await next();
});

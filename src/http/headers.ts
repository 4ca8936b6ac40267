import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./env.ts";

/** Any origin may call the API; the browser's credentials are not used, so a page needs a token of its own. */
const preflight = cors({
  origin: "*",
  allowMethods: ["GET", "HEAD", "POST", "PATCH"],
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
  exposeHeaders: [
    "Allow",
    "ETag",
    "Idempotent-Replayed",
    "Preference-Applied",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
  ],
  maxAge: 86_400,
});

/** Adds the CORS headers and answers preflights; any other OPTIONS request asks for the methods of a path. */
export const anyOrigin = createMiddleware<AppEnv>(async (c, next) => {
  const asksForMethods = c.req.method === "OPTIONS" && c.req.header("Access-Control-Request-Method") === undefined;
  if (!asksForMethods) return preflight(c, next);
  c.header("Access-Control-Allow-Origin", "*");
  await next();
});

/** Keep an answer from being run, framed or sniffed when a browser opens it (OWASP REST security cheat sheet). */
const SECURITY_HEADERS = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Referrer-Policy": "no-referrer",
  "Strict-Transport-Security": "max-age=31536000",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** Adds the security headers, and keeps answers out of shared caches, refusals out of every cache. */
export const safeHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  const refused = c.res.status === 401 || c.res.status === 403;
  c.res.headers.set("Cache-Control", refused ? "no-store" : "private, no-store");
});

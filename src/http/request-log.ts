import { createMiddleware } from "hono/factory";
import { requestId } from "hono/request-id";
import type { AppEnv } from "./env.ts";
import { log } from "../log.ts";

/** Gives each request an id of our own making: a client's would let one caller forge another's in the log. */
export const ownRequestId = requestId({ headerName: "" });

/** An id of the caller's in a path: it may be personal data, such as an e-mail address. */
const EXTERNAL_ID = /(\/external\/).+?(\/state)?$/;

/**
 * Writes one line of JSON per request, when its answer is ready.
 * It holds no header, query or body: those carry tokens and the callers' data. `duration_ms` is I/O time,
 * because a Worker's clock does not advance while it computes.
 */
export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const start = Date.now();
  await next();
  log(c.res.status >= 500 || c.var.cause !== undefined ? "error" : "info", {
    request_id: c.var.requestId,
    method: c.req.method,
    path: new URL(c.req.url).pathname.replace(EXTERNAL_ID, "$1*$2").slice(0, 200),
    status: c.res.status,
    duration_ms: Date.now() - start,
    organization_id: c.var.principal?.organizationId,
    token_id: c.var.principal?.tokenId,
    error: c.var.error,
    cause: c.var.cause,
  });
});

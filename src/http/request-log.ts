import { createMiddleware } from "hono/factory";
import { requestId } from "hono/request-id";
import { matchedRoutes } from "hono/route";
import type { AppEnv } from "./env.ts";
import type { Principal } from "../auth/principal.ts";
import { log, logOnceAMinute } from "../log.ts";
import { causeOf } from "../store/failures.ts";

/** Gives each request a generated id. One sent by a client could imitate another caller's id in the log. */
export const ownRequestId = requestId({ headerName: "" });

/** Matches the path of middleware. */
const MIDDLEWARE = /\/\*$/;

/**
 * Writes one JSON line per request when its response is ready, and one data point if there is a binding ANALYTICS.
 * Neither contains a header, path, query or body, because of tokens and callers' data; the route is the declared path.
 * Times are milliseconds of I/O, because a Worker's clock does not advance while it computes.
 */
export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const start = Date.now();
  const usage = { trips: 0, milliseconds: 0, rowsRead: 0, rowsWritten: 0, deliveries: 0 };
  c.set("usage", usage);
  c.set("kvMilliseconds", 0);
  await next();
  // There is no principal when authentication failed.
  const principal = c.var.principal as Principal | undefined;
  const line = {
    request_id: c.var.requestId,
    method: c.req.method,
    route: matchedRoutes(c).find(({ path }) => !MIDDLEWARE.test(path))?.path,
    status: c.res.status,
    duration_ms: Date.now() - start,
    kv_ms: c.var.kvMilliseconds,
    store_ms: usage.milliseconds,
    store_trips: usage.trips,
    rows_read: usage.rowsRead,
    rows_written: usage.rowsWritten,
    webhook_deliveries: usage.deliveries || undefined,
    organization_id: principal?.organizationId ?? undefined,
    token_id: tokenIdOf(principal),
    operation: principal?.kind === "operator" ? principal.operation : undefined,
    error: c.var.error,
    failure: c.var.failure,
    cause: c.var.cause,
  };
  c.res.headers.set("Server-Timing", `total;dur=${line.duration_ms}, kv;dur=${line.kv_ms}, store;dur=${line.store_ms}`);
  // Refusing writes is expected during a move.
  const isPlanned = line.failure === "OrganizationMoving";
  log((line.status >= 500 && !isPlanned) || line.cause !== undefined ? "error" : "info", line);
  writeDataPoint(c.env.ANALYTICS, line);
});

/** The id of the token that a request carried, or of the session. */
function tokenIdOf(principal: Principal | undefined): string | undefined {
  if (principal?.kind === "session") return principal.sessionId;
  return principal?.kind === "token" ? principal.tokenId : undefined;
}

type Line = {
  [name in "method" | "route" | "organization_id" | "token_id" | "error" | "failure"]: string | undefined;
} & {
  [name in "status" | "duration_ms" | "kv_ms" | "store_ms" | "store_trips" | "rows_read" | "rows_written"]: number;
};

/** Writes a request's data point to Analytics Engine; docs/operations.md describes the columns in this order. */
function writeDataPoint(dataset: AnalyticsEngineDataset | undefined, line: Line): void {
  const { organization_id, method, route, error, failure, token_id } = line;
  try {
    dataset?.writeDataPoint({
      indexes: [organization_id ?? ""],
      blobs: [method, route, error, failure, token_id].map((text) => text ?? ""),
      doubles: [
        line.status,
        line.duration_ms,
        line.kv_ms,
        line.store_ms,
        line.store_trips,
        line.rows_read,
        line.rows_written,
      ],
    });
  } catch (thrown) {
    logOnceAMinute("ANALYTICS", "warn", { warning: "AnalyticsFailed", cause: causeOf(thrown) });
  }
}

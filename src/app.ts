import { methodNotAllowed } from "hono/method-not-allowed";
import { Hono } from "hono/quick";
import { getPath } from "hono/utils/url";
import { ResourceNotFound } from "./errors.ts";
import { alertRoutes } from "./alerts/routes.ts";
import { customerRoutes } from "./customers/routes.ts";
import { eventRoutes } from "./events/routes.ts";
import { authenticate, authenticateSession } from "./auth/authenticate.ts";
import type { AppEnv } from "./http/env.ts";
import { passOver } from "./http/body.ts";
import { handleError } from "./http/error-handler.ts";
import { standardHeaders } from "./http/headers.ts";
import { answerMethods } from "./http/methods.ts";
import { healthRoutes } from "./health/routes.ts";
import { ownRequestId, requestLog } from "./http/request-log.ts";
import { customerMeterRoutes } from "./customer-meters/routes.ts";
import { holdRoutes } from "./holds/routes.ts";
import { customerPortalRoutes } from "./customer-portal/routes.ts";
import { customerSessionRoutes } from "./customer-sessions/routes.ts";
import { meterRoutes } from "./meters/routes.ts";
import { organizationRoutes } from "./organization/routes.ts";
import { tokenRoutes } from "./organization-access-tokens/routes.ts";
import { storeOf } from "./http/store.ts";
import type { OpenStore, Store } from "./store/store.ts";
import { sendingAfterWrites } from "./webhooks/after-writes.ts";
import { webhookRoutes } from "./webhooks/routes.ts";

/** Records the use of a valid token; the promise it returns is awaited after the response is sent. */
type NoteUse = (store: Store, kv: KVNamespace, presented: Presented) => Promise<void> | undefined;
type Presented = AppEnv["Variables"]["presented"];

/**
 * The whole API: the middleware of every request, in order, then one line per resource.
 * @param openStore opens an organization's store
 * @param noteUse runs after each request with a valid token
 */
export function createApp(openStore: OpenStore, noteUse?: NoteUse) {
  const app = new Hono<AppEnv>({ getPath: canonicalPath });

  app.use(async (c, next) => {
    c.set(
      "openStore",
      sendingAfterWrites(openStore, (work) => c.executionCtx.waitUntil(work)),
    );
    await next();
    await passOver(c.req.raw);
    const done = c.get("presented") && noteUse?.(storeOf(c), c.env.TOKENS, c.var.presented);
    if (done !== undefined) c.executionCtx.waitUntil(done);
  });
  app.use(ownRequestId, requestLog, standardHeaders);
  app.use(methodNotAllowed({ app, onMethodNotAllowed: answerMethods }));

  app.route("/", healthRoutes);
  app.route("/", customerRoutes);
  app.route("/", meterRoutes);
  app.route("/", eventRoutes);
  app.route("/", holdRoutes);
  app.route("/", customerMeterRoutes);
  app.route("/", customerSessionRoutes);
  app.route("/", customerPortalRoutes);
  app.route("/", webhookRoutes);
  app.route("/", alertRoutes);
  app.route("/", tokenRoutes);
  app.route("/", organizationRoutes);

  app.onError(handleError);
  app.notFound(async (c) => {
    // Without a token, nobody learns which paths exist.
    if (/^\/v1\/customer-portal(\/|$)/.test(c.req.path)) await authenticateSession(c);
    else if (/^\/v1(\/|$)/.test(c.req.path)) await authenticate(c);
    return handleError(new ResourceNotFound(`There is nothing at ${c.req.method} ${c.req.path}.`), c);
  });
  return app;
}

const SLASH = 0x2f;
/** After this prefix comes the caller's own id, in which a trailing slash is significant. */
const BELOW_EXTERNAL = "/v1/customers/external/";

/**
 * Paths with and without a trailing slash name the same resource; routes are declared without it. Several leading slashes
 * count as one, because a base URL that ends with a slash produces two.
 */
function canonicalPath(request: Request): string {
  const path = getPath(request);
  let [start, end] = [0, path.length];
  while (path.charCodeAt(start + 1) === SLASH) start++;
  // The router ignores one slash at the end of a path, but not two.
  if (path.startsWith(BELOW_EXTERNAL, start)) return `${path.slice(start)}${path.endsWith("/") ? "/" : ""}`;
  while (end > start && path.charCodeAt(end - 1) === SLASH) end--;
  return path.slice(start, end) || "/";
}

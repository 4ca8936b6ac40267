import type { Context } from "hono";
import { Hono } from "hono/quick";
import type { AppEnv } from "../http/env.ts";
import { logOnceAMinute } from "../log.ts";

/** What the page may load: files of this deployment. No text becomes HTML or a script. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
/** Origins, and `'self'`, as the policy takes them: a `;` would begin another rule. */
const ANCESTORS = /^(?:'self'|https?:\/\/[\w.:*-]+)(?: +(?:'self'|https?:\/\/[\w.:*-]+))*$/;

/** The pages of `portal/`: files of the platform, served by the Worker because their headers depend on a variable. */
export const portalPageRoutes = new Hono<AppEnv>().get("/portal", serve).get("/portal/demo", serve);

async function serve(c: Context<AppEnv>) {
  const file = await c.env.ASSETS.fetch(c.req.raw);
  const ancestors = ancestorsOf(c.env.PORTAL_FRAME_ANCESTORS);
  if (ancestors !== "'none'") c.header("X-Frame-Options", undefined);
  return c.newResponse(file.body, file.status as 200 | 304, {
    ...Object.fromEntries([...file.headers].filter(([name]) => ["content-type", "etag"].includes(name))),
    "Cache-Control": "no-cache",
    "Content-Security-Policy": `${POLICY}; frame-ancestors ${ancestors}`,
  });
}

/** Who may frame the page; nobody where the variable is absent, or no list of origins. */
function ancestorsOf(variable: string | undefined): string {
  if (variable === undefined) return "'none'";
  if (ANCESTORS.test(variable)) return variable;
  logOnceAMinute("PORTAL_FRAME_ANCESTORS", "warn", { warning: "InvalidFrameAncestors" });
  return "'none'";
}

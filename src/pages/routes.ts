import type { Context } from "hono";
import { Hono } from "hono/quick";
import type { AppEnv } from "../http/env.ts";
import { logOnceAMinute } from "../log.ts";

/** What a page may load: files of this deployment. No text becomes HTML or a script. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
/** Origins, and `'self'`, as the policy takes them: a `;` would begin another rule. */
const ANCESTORS = /^(?:'self'|https?:\/\/[\w.:*-]+)(?: +(?:'self'|https?:\/\/[\w.:*-]+))*$/;
/** A view of the console; a file's name has a dot. */
const VIEW = "/console/:view{[^.]+}";
/** The placeholder in the console's page for the token that `npm run dev` offers. */
const NO_DEMO_TOKEN = '<meta name="demo-token" content="" />';
const TOKEN = /^\w+$/;

/** The pages of `portal/` and `console/`: files of the platform whose headers the Worker writes. */
export const pageRoutes = new Hono<AppEnv>()
  .get("/portal", servePortal)
  .get("/portal/demo", servePortal)
  .get("/console", serveConsole)
  .get(VIEW, serveConsole);

async function servePortal(c: Context<AppEnv>) {
  const file = await c.env.ASSETS.fetch(c.req.raw);
  const ancestors = ancestorsOf(c.env.PORTAL_FRAME_ANCESTORS);
  if (ancestors !== "'none'") c.header("X-Frame-Options", undefined);
  return answerPage(c, file, file.body, ancestors);
}

/** Every view is the same file, whose script reads the address. */
async function serveConsole(c: Context<AppEnv>) {
  const { DEMO_TOKEN: demo = "" } = c.env;
  const { headers } = c.req.raw;
  const file = await c.env.ASSETS.fetch(new Request(new URL("/console/", c.req.url), { headers }));
  if (!TOKEN.test(demo)) return answerPage(c, file, file.body, "'none'");
  const html = await file.text();
  return answerPage(c, file, html.replace(NO_DEMO_TOKEN, NO_DEMO_TOKEN.replace('""', `"${demo}"`)), "'none'");
}

function answerPage(c: Context<AppEnv>, file: Response, body: string | ReadableStream | null, ancestors: string) {
  return c.newResponse(body, file.status as 200 | 304, {
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

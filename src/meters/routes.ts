import { Hono } from "hono/quick";
import { connect } from "../db/client.ts";
import type { AppEnv } from "../env.ts";
import { PolarRequestValidationError, ResourceNotFound } from "../errors.ts";
import { requireScope } from "../http/auth.ts";
import { validate } from "../http/validate.ts";
import { findMeter, insertMeter } from "./queries.ts";
import { MeterCreate, MeterPath } from "./schemas.ts";

/** The HTTP of meters. */
export const meterRoutes = new Hono<AppEnv>()

  .post("/v1/meters/", requireScope("meters:write"), validate({ json: MeterCreate }), async (c) => {
    const { organizationId } = c.var.principal;
    const meter = c.req.valid("json");
    checkOrganization(meter.organization_id, organizationId);
    return c.json(await insertMeter(connect(c.env.DB), organizationId, meter, Date.now()), 201);
  })

  .get("/v1/meters/:id", requireScope("meters:read", "meters:write"), validate({ param: MeterPath }), async (c) => {
    const meter = await findMeter(connect(c.env.DB), c.var.principal.organizationId, c.req.valid("param").id);
    if (meter === null) throw new ResourceNotFound();
    return c.json(meter);
  });

/** A body may name the organization that it writes to, but only the token's own. */
function checkOrganization(named: string | null, own: string): void {
  if (named === null || named === own) return;
  const msg = "The token belongs to another organization. Leave organization_id out, or send the token's own.";
  const loc = ["body", "organization_id"];
  throw new PolarRequestValidationError([{ type: "organization_token", loc, msg, input: named }]);
}

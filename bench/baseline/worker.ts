import { check, consume } from "./customer-meters.ts";
import { readState } from "./customers.ts";
import type { Answer, Asked } from "./endpoint.ts";
import { getEvent, ingest, listEvents, listNames } from "./events.ts";
import { createMeter, getMeter, listMeters, updateMeter } from "./meters.ts";
import { previewMeter, readQuantities } from "./quantities.ts";
import { type BaselineEnv, organizationOf } from "./token.ts";

/**
 * The baseline: a Worker that does only the necessary work of each endpoint with this data model. It reads the token's record
 * from KV, runs the fewest statements, and answers with the same size, without a framework, validation, errors or a log.
 */
export default {
  async fetch(request: Request, env: BaselineEnv): Promise<Response> {
    const organization = await organizationOf(request, env);
    if (organization === null) return new Response(null, { status: 401 });
    const { pathname, searchParams } = new URL(request.url);
    const [, , resource, id = "", action = ""] = pathname.split("/");
    const endpoint = endpointOf(request.method, resource!, id, action);
    const { status, json } = await endpoint({ db: env.DB, organization, request, id, query: searchParams });
    return new Response(json, { status, headers: { "Content-Type": "application/json" } });
  },
};

function endpointOf(method: string, resource: string, id: string, action: string): (asked: Asked) => Promise<Answer> {
  if (resource === "meters") {
    if (id === "preview") return previewMeter;
    if (action === "quantities") return readQuantities;
    if (method === "PATCH") return updateMeter;
    if (method === "POST") return createMeter;
    return id === "" ? listMeters : getMeter;
  }
  if (resource === "customer-meters") return method === "POST" ? consume : check;
  if (resource === "customers") return readState;
  if (method === "POST") return ingest;
  if (id === "names") return listNames;
  return id === "" ? listEvents : getEvent;
}

/** Unused; `wrangler.toml`, with which the baseline is built, requires this class. */
export const OrganizationObject = Object;

import { example as alerts } from "../alerts/example.ts";
import { example as customerMeters } from "../customer-meters/example.ts";
import { example as customerPortal } from "../customer-portal/example.ts";
import { example as customerSessions } from "../customer-sessions/example.ts";
import { example as customers } from "../customers/example.ts";
import { example as events } from "../events/example.ts";
import { example as holds } from "../holds/example.ts";
import { example as meters } from "../meters/example.ts";
import { example as organization } from "../organization/example.ts";
import { example as tokens } from "../organization-access-tokens/example.ts";
import { example as webhookEvents } from "../webhooks/events-example.ts";
import { example as webhooks } from "../webhooks/example.ts";
import type { Example, Ids, Send } from "./example.ts";

/** By the segment of their paths, in the order in which they can be made. */
export const EXAMPLES: Record<string, Example> = {
  meters,
  events,
  customers,
  "customer-meters": customerMeters,
  holds,
  alerts,
  "customer-sessions": customerSessions,
  "customer-portal": customerPortal,
  webhooks,
  "webhook-events": webhookEvents,
  "organization-access-tokens": tokens,
  organization,
};

/** A valid and an invalid request, by the operation's id. */
export const REQUESTS: Example["requests"] = Object.assign({}, ...Object.values(EXAMPLES).map(({ requests }) => requests)); // prettier-ignore

/** The segment that names a path's resource. */
export const resourceOf = (path: string): string => {
  if (path.includes("/holds")) return "holds";
  return path.startsWith("/v1/webhooks/events/") ? "webhook-events" : path.split("/")[2]!;
};

/**
 * What a parameter of a path names: an item of the path's resource, or what another resource has made.
 * @throws an Error when no example makes it
 */
export function idIn(path: string, parameter: string, ids: Ids): string {
  const resource = resourceOf(path);
  const id = ids[parameter === "id" ? resource : parameter];
  if (id !== undefined) return id;
  throw new Error(
    `no example makes the ${parameter} in ${path}: add test/${resource}/example.ts to test/support/examples.ts`,
  );
}

/** Puts what its parameters name into a path of the document, or of a route. */
export const filledPath = (path: string, ids: Ids): string =>
  path.replace(/\{(\w+)\}|:(\w+)/, (_, inDocument, inRoute) =>
    encodeURIComponent(idIn(path, inDocument ?? inRoute, ids)),
  );

/**
 * Makes an item of each resource that is not left out.
 * @returns all ids; that of an item in its own paths has its resource's name
 */
export async function makeExamples(send: Send, leftOut: string[] = [], text?: string): Promise<Ids> {
  const all: Ids = {};
  for (const [resource, { make }] of Object.entries(EXAMPLES)) {
    if (leftOut.includes(resource)) continue;
    const { id, ...named } = await make(send, all, text);
    Object.assign(all, named, { [resource]: id });
  }
  return all;
}

/** Whether a path takes a customer's session, and no other token. */
export const isOfPortal = (path: string): boolean => path.startsWith("/v1/customer-portal/");

/** What the answers of many resources depend on, or name. */
const GENERAL = ["meters", "events", "customers", "customer-meters", "holds"];

/** The resources on which neither requests of a path nor their answers depend: to make them takes longer than the requests. */
export function unrelatedTo(path: string): string[] {
  const related = [...GENERAL, resourceOf(path)];
  if (isOfPortal(path)) related.push("customer-sessions");
  if (path.startsWith("/v1/webhooks/")) related.push("webhooks", "webhook-events");
  // An alert has events counted at once: the organization shows how many are not.
  if (resourceOf(path) === "organization") related.push("alerts");
  return Object.keys(EXAMPLES).filter((resource) => !related.includes(resource));
}

/** The token that a path takes: an organization's own, or that of the session among the ids. */
export const tokenFor = (path: string, token: string, ids: Ids): string =>
  isOfPortal(path) ? ids["session_token"]! : token;

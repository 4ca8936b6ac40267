import type { Schemas } from "../../../client/src/index.ts";
import { curlOf } from "../../components/curl.tsx";

/** The meter that the checklist makes. */
export const METER: Schemas["MeterCreate"] = {
  name: "AI tokens",
  unit: "token",
  filter: { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "ai_usage" }] },
  aggregation: { func: "sum", property: "total_tokens" },
};
/** The events that it sends. */
export const EVENTS: Schemas["EventsIngest"] = {
  events: [{ name: "ai_usage", external_customer_id: "customer-1", metadata: { total_tokens: 40 } }],
};

/** How a step is done by a program. */
type Snippet = { name: string; text: string };

const url = location.origin;
const script = (value: unknown) => JSON.stringify(value, null, 2).replaceAll(/"(\w+)":/g, "$1:");

const SDK = `import { createPolar } from "@polar-sh/sdk/2026-10";
const polar = createPolar({ accessToken: process.env.TOKEN!, baseUrl: "${url}", timeout: 60 });
`;
const SDK_0 = `import { Polar } from "@polar-sh/sdk";
const polar = new Polar({ accessToken: process.env.TOKEN!, serverURL: "${url}" });
`;

/** How programs create the meter. */
export const meterSnippets = (): Snippet[] => [
  { name: "curl", text: curlOf("post", "/v1/meters/", { body: METER }) },
  { name: "SDK 1.x", text: `${SDK}await polar.meters.create(${script(METER)});` },
  { name: "SDK 0.x", text: `${SDK_0}await polar.meters.create(${script(METER)});` },
];

/** How programs send events. */
export const eventSnippets = (): Snippet[] => [
  { name: "curl", text: curlOf("post", "/v1/events/ingest", { body: EVENTS }) },
  { name: "SDK 1.x", text: `${SDK}await polar.events.ingest(${script(EVENTS)});` },
  { name: "SDK 0.x", text: `${SDK_0}await polar.events.ingest(${script(camel(EVENTS))});` },
];

/** The older SDK writes names as in externalCustomerId; keys of metadata stay as they are. */
const camel = ({ events }: Schemas["EventsIngest"]) => ({
  events: events.map((event) => Object.fromEntries(Object.entries(event).map(([name, value]) => [name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]))), // prettier-ignore
});

/** How programs read the quantities of a meter. */
export const quantitySnippets = (id: string): Snippet[] => {
  const now = Date.now();
  const range = {
    start_timestamp: new Date(now - 6 * 86_400_000).toISOString(),
    end_timestamp: new Date(now).toISOString(),
    interval: "day" as const,
  };
  return [{ name: "curl", text: curlOf("get", "/v1/meters/{id}/quantities", { path: { id }, query: range }) }];
};

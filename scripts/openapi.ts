import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createDocument, type oas31 } from "zod-openapi";
import { customerMeterPaths } from "../src/customer-meters/openapi.ts";
import { customerPortalPaths } from "../src/customer-portal/openapi.ts";
import { customerSessionPaths } from "../src/customer-sessions/openapi.ts";
import { customerPaths } from "../src/customers/openapi.ts";
import { eventPaths } from "../src/events/openapi.ts";
import { eventComponents } from "../src/events/openapi-components.ts";
import { alertPaths } from "../src/alerts/openapi.ts";
import { voidComponents } from "../src/events/openapi-void.ts";
import { holdPaths } from "../src/holds/openapi.ts";
import { meterPaths } from "../src/meters/openapi.ts";
import { meterComponents } from "../src/meters/openapi-components.ts";
import { organizationPaths } from "../src/organization/openapi.ts";
import { tokenPaths } from "../src/organization-access-tokens/openapi.ts";
import { webhookPaths } from "../src/webhooks/openapi.ts";
import { REF } from "../src/wire/openapi.ts";
import { CLIENT_TYPES, clientTypes } from "./client-types.ts";

// Writes the API's document and the client's types; with --check, fails when it is not what would be written.
const FILE = "reference/openapi.json";
const PROSE = "reference";
const ABOUT = ["about.md", "errors.md"].map((name) => readFileSync(`${PROSE}/${name}`, "utf8")).join("\n");
const { version } = JSON.parse(readFileSync("package.json", "utf8"));

type Operation = oas31.OperationObject & { operationId: string; responses: oas31.ResponsesObject };
type Recorded = Record<string, { request?: unknown; answers: Record<string, Record<string, unknown>> }>;

const document = createDocument(
  {
    openapi: "3.1.1",
    info: {
      title: "Edgemeter",
      version,
      summary: "Usage metering at the edge, speaking Polar's metering API.",
      description: ABOUT,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "This deployment." }],
    tags: [
      { name: "meters", "x-displayName": "Meters", description: "Create meters, and read their quantities." },
      { name: "events", "x-displayName": "Events", description: "Send events, and list those that were sent." },
      {
        name: "customers",
        "x-displayName": "Customers",
        description:
          "Register those whose usage is metered, so that events with their ids or yours are the same customer's.",
      },
      {
        name: "customer_meters",
        "x-displayName": "Customer Meters",
        description: "Read what customers have used and have left on each meter; credit them, and start again.",
      },
      {
        name: "holds",
        "x-displayName": "Holds",
        description: "Reserve units of a meter before work is done, and settle them with what was used.",
      },
      {
        name: "customer_sessions",
        "x-displayName": "Customer Sessions",
        description: "Let the browser of a customer see that customer's usage, and nothing else.",
      },
      {
        name: "customer_portal",
        "x-displayName": "Customer Portal",
        description: "What a customer sees, with the token of a session instead of your organization's.",
      },
      {
        name: "webhooks",
        "x-displayName": "Webhooks",
        description: "Be told what happens to customers, by signed requests to your own programs.",
      },
      {
        name: "alerts",
        "x-displayName": "Alerts",
        description: "Be told, once, when customers reach thresholds of what they use or have left.",
      },
      {
        name: "organization_access_tokens",
        "x-displayName": "Organization Access Tokens",
        description: "Make, rotate and revoke the tokens of your organization.",
      },
      {
        name: "organization",
        "x-displayName": "Organization",
        description: "Where your organization's data is, and how far its meters lag.",
      },
    ],
    paths: {
      ...meterPaths,
      ...eventPaths,
      ...customerPaths,
      ...customerMeterPaths,
      ...holdPaths,
      ...alertPaths,
      ...customerSessionPaths,
      ...customerPortalPaths,
      ...webhookPaths,
      ...tokenPaths,
      ...organizationPaths,
    },
    components: {
      schemas: { ...meterComponents, ...eventComponents, ...voidComponents },
      securitySchemes: {
        oat: {
          type: "http",
          scheme: "bearer",
          description:
            "An organization access token: `em_oat_…`. `npm run dev` prints one for local use. It has access to the whole organization: never put it into a web page or an app. The reference page keeps it in memory only and sends it to this server only.",
        },
        customer_session: {
          type: "http",
          scheme: "bearer",
          description:
            "The token of a customer's session: `em_cst_…`, from Create Customer Session. It is made for a browser: it sees that customer's usage, for an hour by default.",
        },
      },
    },
  },
  {
    // What these accept is described in their metadata.
    allowEmptySchema: { custom: true, default: true, pipe: true, transform: true, unknown: true },
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      // New fields may be added to answers, as in Polar's API.
      if (def.type === "object" && def.catchall === undefined) delete jsonSchema.additionalProperties;
    },
  },
) as unknown as oas31.OpenAPIObject;

const schemas = Object.entries(document.components?.schemas ?? {});
document.components!.schemas = Object.fromEntries(schemas.toSorted(([a], [b]) => (a < b ? -1 : 1)));

const recorded: Recorded = JSON.parse(readFileSync("test/openapi/examples.json", "utf8"));
for (const item of Object.values(document.paths ?? {})) {
  for (const operation of Object.values(item) as Operation[]) {
    operation.parameters = operation.parameters?.map((each) => asInPolars(each as oas31.ParameterObject));
    addDetails(operation);
    addExamples(operation);
    addSample(operation);
  }
}

const text = `${JSON.stringify(document, null, 2).replaceAll(REF, "#/components/schemas/")}\n`;
if (!process.argv.includes("--check")) {
  writeFileSync(FILE, text);
  writeFileSync(CLIENT_TYPES, clientTypes(JSON.parse(text)));
} else if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== text) {
  process.stderr.write(`${FILE} is stale: run npm run openapi\n`);
  process.exitCode = 1;
}

/** Parameters in the form of Polar's document: a list also takes one value, and an optional parameter may be null. */
function asInPolars(parameter: oas31.ParameterObject): oas31.ParameterObject {
  if (parameter.in !== "query") return parameter;
  const { default: defaultValue, ...wanted } = parameter.schema as oas31.SchemaObject;
  // zod-openapi keeps it next to a reference.
  Reflect.deleteProperty(wanted, "param");
  const given = defaultValue !== undefined && parameter.name !== "metadata" && { default: defaultValue };
  const optional = parameter.required !== true && (defaultValue === undefined || wanted.type === "array");
  if (!optional) return { ...parameter, schema: { ...wanted, ...given } };
  const forms = wanted.items !== undefined && parameter.name !== "sorting" ? [wanted.items, wanted] : [wanted];
  return { ...parameter, schema: { anyOf: [...forms, { type: "null" }], ...given } };
}

/** Adds the tables and examples that an operation has in a file of its own. */
function addDetails(operation: Operation): void {
  const file = `${PROSE}/operations/${operation.operationId.replaceAll(":", ".")}.md`;
  if (existsSync(file)) operation.description += `\n\n${readFileSync(file, "utf8").trim()}`;
}

/** Adds what a test recorded: a request's body, and the bodies of each answer, named after their requests. */
function addExamples({ operationId, requestBody, responses }: Operation): void {
  const { request, answers } = recorded[operationId] ?? { answers: {} };
  if (request !== undefined) jsonOf(requestBody as oas31.RequestBodyObject)!.example = request;
  for (const [status, response] of Object.entries(responses)) {
    const { $ref } = response as oas31.ReferenceObject;
    const shared = $ref && document.components!.responses![$ref.split("/").at(-1)!];
    const json = jsonOf((shared ?? response) as oas31.ResponseObject);
    const examples = Object.entries(answers[status] ?? {}).map(([summary, value]) => [summary, { summary, value }]);
    if (json !== undefined && examples.length > 0) json.examples ??= Object.fromEntries(examples);
  }
}

function jsonOf({ content }: { content?: oas31.ContentObject }): oas31.MediaTypeObject | undefined {
  return content?.["application/json"];
}

/** Adds the program that a test runs against a real Worker. */
function addSample(operation: Operation): void {
  const file = `test/sdk/samples/${operation.operationId.replaceAll(":", ".")}.ts`;
  if (!existsSync(file)) throw new Error(`write ${file}: a program that calls ${operation.operationId}`);
  const source = readFileSync(file, "utf8").trim();
  const label = source.includes("@polar-sh/sdk") ? "Polar SDK" : "fetch";
  operation["x-codeSamples"] = [{ lang: "TypeScript", label, source }];
}

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { createPolar } from "@polar-sh/sdk/2026-10";
import { afterAll, beforeAll, describe, it } from "vitest";
import { OPERATIONS } from "../support/document.ts";
import { type Local, startLocal } from "./local.ts";

const run = promisify(execFile);
/** The ids that the programs name. */
const METER_ID = "1b671a64-40d5-491e-99b0-da01ff1f3341";
const EVENT_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const CUSTOMER_ID = "9b2d8c1e-5f30-4a7b-8c46-1d2e3f405162";
const CUSTOMER_METER_ID = "804a967a-1fe5-4365-95f6-c72fc05f6223";
const TOKEN_ID = "5f0c1e0e-2c4b-4d0a-9a37-6d7c5b9f5f0a";

let local: Local | undefined;
/** Inside the project, so that the programs find the SDK. */
let folder: string;
let ids: [meter: string, event: string, customer: string, customerMeter: string, token: string];

beforeAll(async () => {
  await mkdir("dist", { recursive: true });
  folder = await mkdtemp("dist/samples-");
  local = await startLocal();
  const polar = createPolar({ accessToken: local.token, baseUrl: local.url });
  const filter = { conjunction: "and" as const, clauses: [] };
  const meter = await polar.meters.create({ name: "For samples", filter, aggregation: { func: "count" } });
  await polar.events.ingest({ events: [{ name: "ai_usage", external_customer_id: "c1" }] });
  const [event] = (await polar.events.list()).items;
  const customer = await polar.customers.create({ email: "one@example.com" });
  await polar.customers.create({ email: "two@example.com", external_id: "customer-1" });
  const [pair] = (await polar.customerMeters.list({ external_customer_id: "customer-1", meter_id: meter.id })).items;
  ids = [meter.id, event?.id ?? "", customer.id, pair?.id ?? "", await makeToken(local)];
});
afterAll(async () => {
  await local?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Polar's SDK has no tokens. */
async function makeToken({ url, token }: Local): Promise<string> {
  const response = await fetch(`${url}/v1/organization-access-tokens/`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ comment: "For samples", scopes: ["meters:read"] }),
  });
  const { organization_access_token } = (await response.json()) as { organization_access_token: { id: string } };
  return organization_access_token.id;
}

/** Deletions come last: the other programs need what they delete. */
const IN_ORDER = OPERATIONS.toSorted((a, b) => Number(a.method === "DELETE") - Number(b.method === "DELETE"));

describe.for(IN_ORDER)("The program that the reference shows for $operation.operationId", ({ operation }) => {
  it("runs, and prints what it got", async ({ expect }) => {
    const file = `${folder}/${operation.operationId.replace(":", ".")}.ts`;
    const [{ source }] = operation["x-codeSamples"];
    await writeFile(
      file,
      [METER_ID, EVENT_ID, CUSTOMER_ID, CUSTOMER_METER_ID, TOKEN_ID].reduce(
        (text, id, index) => text.replaceAll(id, ids[index] ?? id),
        source,
      ),
    );
    const env = { ...process.env, EDGEMETER_URL: local!.url, EDGEMETER_TOKEN: local!.token };
    const { stdout } = await run(process.execPath, [file], { env });
    expect(stdout).not.toBe("");
  });
});

describe("The programs", () => {
  it("are those of the operations, and no others", async ({ expect }) => {
    const names = OPERATIONS.map(({ operation }) => `${operation.operationId.replace(":", ".")}.ts`);
    expect((await readdir("test/sdk/samples")).toSorted()).toEqual(names.toSorted());
  });
});

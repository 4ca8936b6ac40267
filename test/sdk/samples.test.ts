import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createPolar } from "@polar-sh/sdk/2026-10";
import { afterAll, beforeAll, describe, it, vi } from "vitest";
import { OPERATIONS } from "../support/document.ts";
import type { Ids, Send } from "../support/example.ts";
import { EXAMPLES } from "../support/examples.ts";
import type { Organization } from "./local.ts";
import { openShared } from "./shared.ts";

let local: Organization;
/** Inside the project, so that the programs find the SDK. */
let folder: string;
/** What is stored, by its resource: the programs name what the document shows of each. */
let ids: Ids;

beforeAll(async () => {
  await mkdir("dist", { recursive: true });
  folder = await mkdtemp("dist/samples-");
  local = await openShared();
  const polar = createPolar({ accessToken: local.token, baseUrl: local.url });
  const filter = { conjunction: "and" as const, clauses: [] };
  const meter = await polar.meters.create({ name: "For samples", filter, aggregation: { func: "count" } });
  await polar.events.ingest({ events: [{ name: "ai_usage", external_customer_id: "c1" }] });
  const [event] = (await polar.events.list()).items;
  const customer = await polar.customers.create({ email: "one@example.com" });
  await polar.customers.create({ email: "two@example.com", external_id: "customer-1" });
  ids = {
    meters: meter.id,
    meter_id: meter.id,
    events: event?.id ?? "",
    customers: customer.id,
    customer_id: customer.id,
    external_customer_id: "customer-1",
  };
  for (const [resource, { make }] of Object.entries(EXAMPLES)) ids[resource] ??= (await make(send, ids)).id;
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const send: Send = async (method, path, body) => {
  const { url, token } = local;
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return answer.status === 204 ? undefined : answer.json();
};

/** Deletions come last: the other programs need what they delete. */
const IN_ORDER = OPERATIONS.toSorted((a, b) => Number(a.method === "DELETE") - Number(b.method === "DELETE"));

describe.for(IN_ORDER)("The program that the reference shows for $operation.operationId", ({ operation }) => {
  it("runs, and prints what it got", async ({ expect }) => {
    const file = `${folder}/${operation.operationId.replaceAll(":", ".")}.ts`;
    const [{ source }] = operation["x-codeSamples"];
    const named = Object.entries(EXAMPLES).map(([resource, { id }]) => [id, ids[resource] ?? id] as const);
    await writeFile(
      file,
      named.reduce((text, [shown, id]) => text.replaceAll(shown, id), source),
    );
    vi.stubEnv("EDGEMETER_URL", local.url);
    vi.stubEnv("EDGEMETER_TOKEN", local.token);
    const print = vi.spyOn(console, "log").mockClear();
    await import(/* @vite-ignore */ resolve(file));
    expect(print).toHaveBeenCalled();
  });
});

describe("The programs", () => {
  it("are those of the operations, and no others", async ({ expect }) => {
    const names = OPERATIONS.map(({ operation }) => `${operation.operationId.replaceAll(":", ".")}.ts`);
    expect((await readdir("test/sdk/samples")).toSorted()).toEqual(names.toSorted());
  });
});

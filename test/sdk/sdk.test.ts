import { createPolar } from "@polar-sh/sdk/2026-10";
import { Polar } from "polar-sdk-0";
import { HTTPValidationError } from "polar-sdk-0/models/errors/httpvalidationerror.js";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type Local, startLocal } from "./local.ts";

let local: Local;
beforeAll(async () => {
  local = await startLocal();
});
afterAll(() => local.stop());

describe("@polar-sh/sdk 1", () => {
  const polar = () => createPolar({ accessToken: local.token, baseUrl: local.url });

  it("creates and gets a meter, with the call of Polar's own page", async ({ expect }) => {
    const created = await polar().meters.create({
      name: "AI requests",
      filter: { conjunction: "or", clauses: [{ property: "model", operator: "ne", value: "mini" }] },
      aggregation: { func: "sum", property: "total_tokens" },
      organization_id: local.organization,
    });
    expect(created).toMatchObject({ name: "AI requests", organization_id: local.organization, archived_at: null });
    expect(await polar().meters.get(created.id)).toEqual(created);
  });

  it("throws what the Worker refuses, with its status", async ({ expect }) => {
    const unknown = polar().meters.get("99999999-9999-4999-8999-999999999999");
    await expect(unknown).rejects.toMatchObject({ statusCode: 404, error: { error: "ResourceNotFound" } });
    const stranger = createPolar({ accessToken: "nope", baseUrl: local.url });
    await expect(stranger.meters.get("x")).rejects.toMatchObject({ statusCode: 401 });
  });
});

describe("@polar-sh/sdk 0.49", () => {
  const polar = () => new Polar({ accessToken: local.token, serverURL: local.url });

  it("creates and gets a meter, and finds nothing wrong with the answers", async ({ expect }) => {
    const created = await polar().meters.create({
      name: "AI requests",
      filter: { conjunction: "or", clauses: [{ property: "model", operator: "ne", value: "mini" }] },
      aggregation: { func: "sum", property: "total_tokens" },
      organizationId: local.organization,
    });
    expect(created).toMatchObject({ name: "AI requests", organizationId: local.organization, archivedAt: null });
    expect(created.createdAt).toBeInstanceOf(Date);
    expect(await polar().meters.get({ id: created.id })).toEqual(created);
  });

  it("reads the problems of a 422", async ({ expect }) => {
    const refused = polar().meters.create({
      name: "ab",
      filter: { conjunction: "and", clauses: [] },
      aggregation: { func: "count" },
    });
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HTTPValidationError);
    expect((error as HTTPValidationError).detail).toMatchObject([{ loc: ["body", "name"], type: "string_too_short" }]);
  });
});

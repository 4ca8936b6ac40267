import { describe, it } from "vitest";
import { call, grant, METER, NOBODY, OTHER_ORGANIZATION, problems } from "../support/api.ts";

describe("GET /v1/meters/{id}", () => {
  it("answers 401 without credentials", async ({ expect }) => {
    expect((await call("GET", `/v1/meters/${NOBODY}`)).status).toBe(401);
  });

  it("answers 404 for another organization's meter, as for one that does not exist", async ({ expect }) => {
    const { json: meter } = await call("POST", "/v1/meters/", { token: await grant(), body: METER });
    const other = await grant({ organization_id: OTHER_ORGANIZATION });
    const foreign = await call("GET", `/v1/meters/${meter.id}`, { token: other });
    const absent = await call("GET", `/v1/meters/${NOBODY}`, { token: other });
    expect(foreign.status).toBe(404);
    expect(foreign.json).toEqual({ error: "ResourceNotFound", detail: "No meter in your organization has this id." });
    expect(foreign.json).toEqual(absent.json);
  });

  it("answers the very meter that the creation answered, to either scope and in either case of the id", async ({
    expect,
  }) => {
    const { json: meter } = await call("POST", "/v1/meters/", { token: await grant(), body: METER });
    for (const scope of ["meters:read", "meters:write"]) {
      const token = await grant({ scopes: [scope] });
      const answer = await call("GET", `/v1/meters/${meter.id.toUpperCase()}`, { token });
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual(meter);
    }
  });

  it("answers HEAD with the headers alone", async ({ expect }) => {
    const token = await grant();
    const { json: meter } = await call("POST", "/v1/meters/", { token, body: METER });
    const answer = await call("HEAD", `/v1/meters/${meter.id}`, { token });
    expect([answer.status, answer.text]).toEqual([200, ""]);
  });

  it.for([
    ["no UUID", "nope", "path.id uuid_parsing"],
    ["another version's UUID", "01890a5d-ac96-7bcc-8d4c-1a2b3c4d5e6f", "path.id uuid_version"],
    ["a broken escape", "%E0%A4%A", "path.id uuid_parsing"],
  ] as const)("answers 422 to an id that is %s", async ([, id, problem], { expect }) => {
    const answer = await call("GET", `/v1/meters/${id}`, { token: await grant() });
    expect(answer.status).toBe(422);
    expect(problems(answer)).toEqual([problem]);
  });
});

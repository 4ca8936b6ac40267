import { describe, it } from "vitest";
import { Budget } from "../../src/jobs/budget.ts";
import { catchUp } from "../../src/engine/rollups/catch-up.ts";
import { call, grant, METER, ORGANIZATION, OTHER_ORGANIZATION } from "../support/api.ts";
import { STORE, storeOf } from "../support/stores.ts";

const PATH = "/v1/organization";
const EVENTS = { events: ["a", "b", "c"].map((name) => ({ name, external_customer_id: "c1" })) };

describe("GET /v1/organization", () => {
  it("answers where the data is, and how many events each meter has still to aggregate", async ({ expect }) => {
    const token = await grant();
    const [reader, stranger] = [
      await grant({ scopes: ["events:write"] }),
      await grant({ organization_id: OTHER_ORGANIZATION }),
    ];
    const { id } = (await call("POST", "/v1/meters/", { token, body: METER })).json;
    await call("POST", "/v1/events/ingest", { token, body: EVENTS });
    const read = async (caller: string) => (await call("GET", PATH, { token: caller })).json;
    const { bytes, ...behind } = await read(reader);
    expect(behind).toEqual({ id: ORGANIZATION, store: STORE, meters: [{ id, events_behind: 3 }] });
    if (STORE === "d1") expect(bytes).toBe(null);
    else expect(bytes).toBeGreaterThan(10_000);
    await catchUp(storeOf(), new Budget({ statements: 100 }));
    expect((await read(token)).meters).toEqual([{ id, events_behind: 0 }]);
    expect(await read(stranger)).toMatchObject({ id: OTHER_ORGANIZATION, meters: [] });
  });
});

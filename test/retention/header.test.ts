import { describe, it } from "vitest";
import { call, grant, METER, ORGANIZATION } from "../support/api.ts";
import { catchUpAndRetain, send } from "../support/retaining.ts";
import { storeOf } from "../support/stores.ts";

const FROM = "2026-01-02T00:00:00.000Z";

describe("Events-From", () => {
  it("is there when earlier events are asked for, and only then", async ({ expect }) => {
    const token = await grant();
    const { json: meter } = await call("POST", "/v1/meters/", { token, body: METER });
    await send(storeOf(), [{}, { timestamp: Date.parse("2026-01-20T00:00:00Z") }]);
    const quantities = (start: string, more = "") => `/v1/meters/${meter.id}/quantities?start_timestamp=${start}&end_timestamp=2026-01-05T00:00:00Z&interval=day${more}`; // prettier-ignore
    const total = (start: string, end: string) => `/v1/meters/${meter.id}/quantities?start_timestamp=${start}&end_timestamp=${end}&interval=total`; // prettier-ignore
    const preview = (start: string) => ({ ...METER, start_timestamp: start, end_timestamp: "2026-01-05T00:00:00Z", interval: "day" }); // prettier-ignore
    const asked: [header: string | null, method: string, path: string, body?: object][] = [
      [FROM, "GET", "/v1/events/"],
      [FROM, "GET", "/v1/events/?end_timestamp=2025-01-01T00:00:00Z"],
      [FROM, "GET", "/v1/events/?start_timestamp=2026-01-01T23:59:59.998Z&limit=1"],
      [FROM, "GET", `/v1/events/?meter_id=${meter.id}`],
      // Events after this time: the first one can be at midnight.
      [null, "GET", "/v1/events/?start_timestamp=2026-01-01T23:59:59.999Z"],
      [null, "GET", "/v1/events/?start_timestamp=2026-01-02T00:00:00Z"],
      [FROM, "GET", "/v1/events/names"],
      [null, "GET", quantities("2026-01-01T12:00:00Z")],
      [FROM, "GET", quantities("2026-01-01T12:00:00Z", "&metadata[v]=1")],
      // The day before in this time zone is a whole period.
      [FROM, "GET", quantities("2026-01-02T04:00:00Z", "&metadata[v]=1&timezone=America/New_York")],
      [null, "GET", quantities("2026-01-02T12:00:00Z", "&metadata[v]=1")],
      // One row for exactly the range: whole quarters of an hour are in rollups, what is left at both ends is not.
      [null, "GET", total("2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z")],
      [FROM, "GET", total("2026-01-01T12:00:00.001Z", "2026-01-03T00:00:00Z")],
      [FROM, "GET", total("2026-01-01T12:00:00Z", "2026-01-01T13:00:01Z")],
      [null, "GET", total("2026-01-01T12:00:00Z", "2026-01-02T00:00:01Z")],
      [FROM, "POST", "/v1/meters/preview", preview("2026-01-01T00:00:00Z")],
      [null, "POST", "/v1/meters/preview", preview("2026-01-02T00:00:00Z")],
      [null, "GET", `/v1/events/?organization_id=${crypto.randomUUID()}`],
      [FROM, "GET", `/v1/events/?organization_id=${ORGANIZATION}`],
    ];
    const headers = async () => {
      const found = [];
      for (const [, method, path, body] of asked) {
        const answer = await call(method, path, { token, body });
        expect([path, answer.status]).toEqual([path, 200]);
        found.push(answer.headers.get("Events-From"));
      }
      return found;
    };
    expect(await headers()).toEqual(asked.map(() => null));
    await catchUpAndRetain(storeOf());
    expect(await headers()).toEqual(asked.map(([header]) => header));
    const exposed = (await call("GET", "/v1/events/", { token })).headers.get("Access-Control-Expose-Headers");
    expect(exposed?.split(",")).toContain("Events-From");
  });
});

import fc from "fast-check";
import { describe, it } from "vitest";
import { call, grant, METER, OTHER_ORGANIZATION } from "../support/api.ts";

/** A key as JSON text, each of its characters plain or escaped. */
const written = (key: string) =>
  fc.array(fc.boolean(), { minLength: key.length, maxLength: key.length }).map((choices) => {
    const units = Array.from(choices, (isPlain, i) => {
      const unit = key[i]!;
      if (isPlain && unit >= " " && unit !== '"' && unit !== "\\") return unit;
      return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
    return `"${units.join("")}"`;
  });

/** Keys, and metadata that has them. */
const metadata = fc
  .uniqueArray(fc.string({ unit: fc.constantFrom(...'\\"\t\u0001éabu'), minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((keys) =>
    fc.tuple(...keys.map(written)).map((texts) => ({ keys, json: `{${texts.map((text) => `${text}:1`).join(",")}}` })),
  );

const keysOf = (value: object) => Object.keys(value).toSorted();

describe("The keys of metadata", () => {
  it("are served exactly as they were sent, whatever another organization sent before", async ({ expect }) => {
    const tokens = [await grant(), await grant({ organization_id: OTHER_ORGANIZATION })];
    await fc.assert(
      fc.asyncProperty(metadata, metadata, async (first, second) => {
        for (const [index, { keys, json }] of [first, second].entries()) {
          const token = tokens[index]!;
          const event = `{"events":[{"name":"e","external_customer_id":"c","metadata":${json}}]}`;
          expect((await call("POST", "/v1/events/ingest", { token, body: event })).json.inserted).toBe(1);
          const body = JSON.stringify(METER).replace("{", `{"metadata":${json},`);
          const { json: meter } = await call("POST", "/v1/meters/", { token, body });
          // The test's own JSON.parse sees escapes that JSON.stringify wrote: it has to be right about them.
          const [listed] = (await call("GET", "/v1/events/?limit=1", { token })).json.items;
          const read = (await call("GET", `/v1/meters/${meter.id}`, { token })).json;
          for (const served of [meter, listed, read]) expect(keysOf(served.metadata)).toEqual(keys.toSorted());
        }
      }),
      { numRuns: 100 },
    );
  });

  it("are never taken from another request", async ({ expect }) => {
    const [one, other] = [await grant(), await grant({ organization_id: OTHER_ORGANIZATION })];
    const send = (token: string, json: string) =>
      call("POST", "/v1/meters/", { token, body: JSON.stringify(METER).replace("{", `{"metadata":${json},`) });
    await send(one, '{"u1":0,"caf\\\\":1}');
    const { text } = await send(other, '{"u1":0,"caf\\u00e9":1}');
    expect(text).toContain('"metadata":{"u1":0,"café":1}');
  });
});

describe("The properties of a filter in a query string", () => {
  it("are those that were sent", async ({ expect }) => {
    const token = await grant();
    const event = { name: "e", external_customer_id: "c", metadata: { "caf\\": 1, café: 2 } };
    await call("POST", "/v1/events/ingest", { token, body: { events: [event] } });
    const filter = '{"conjunction":"and","clauses":[{"u1":0,"property":"caf\\u00e9","operator":"eq","value":2}]}';
    const found = await call("GET", `/v1/events/?filter=${encodeURIComponent(filter)}`, { token });
    expect(found.json.pagination.total_count).toBe(1);
  });
});

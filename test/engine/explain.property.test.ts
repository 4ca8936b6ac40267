import fc from "fast-check";
import { describe, it } from "vitest";
import { compile, type Definition } from "../../src/engine/definition/definition.ts";
import type { Filter, FilterClause } from "../../src/engine/definition/filter.ts";
import { explain } from "../../src/engine/reading/explain.ts";
import { computeQuantities } from "../../src/engine/reading/quantities.ts";
import { windowOf } from "../../src/engine/reading/window.ts";
import { append } from "../../src/events/append.ts";
import { eventId, seqOfId } from "../../src/events/event-id.ts";
import { writeJson } from "../../src/wire/json-text.ts";
import { cases } from "../support/cases.ts";
import { holdsFor, matches, lookUp, type ModelEvent } from "../support/model.ts";
import { storeOf } from "../support/stores.ts";
import { aggregation, filter, metadata, nameFilter } from "../support/usage.ts";

const TIME = Date.parse("2025-01-01T00:00:00Z");
const definition: fc.Arbitrary<Definition> = fc.record({ filter: fc.oneof(filter, nameFilter), aggregation });
const sent = fc.record({
  name: fc.constantFrom("a", "ab", "gen", ""),
  timestamp: fc.oneof(fc.nat(2000), fc.integer({ min: -1e9, max: 1e9 })).map((after) => TIME + after),
  metadata,
});

/** A tree in which a clause has what the model says of it. */
function modelTree(event: ModelEvent, { conjunction, clauses }: Filter): unknown {
  const parts = clauses.map((part) => ("clauses" in part ? modelTree(event, part) : modelClause(event, part)));
  return { conjunction, clauses: parts, holds: matches(event, { conjunction, clauses }) };
}

function modelClause(event: ModelEvent, clause: FilterClause) {
  return { ...clause, holds: holdsFor(event, clause), ...modelActual(event, clause.property) };
}

function modelActual(event: ModelEvent, property: string) {
  if (property === "name" || property === "source") return { actual: event[property], actual_type: "string" };
  if (property === "timestamp") return { actual: new Date(event.timestamp).toISOString(), actual_type: "timestamp" };
  const { value } = lookUp(event.metadata, property);
  if (value === undefined) return { actual: null, actual_type: "missing" };
  return { actual: value, actual_type: value === null ? "null" : typeof value };
}

describe("An explanation", () => {
  it("counts an event when the quantities do, with the same value, and each clause holds as in a plain model", async ({
    expect,
  }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(definition, { minLength: 1, maxLength: 5 }),
        sent,
        async (definitions, { metadata: pairs, ...rest }) => {
          const store = storeOf(crypto.randomUUID());
          const event = { ...rest, metadata: pairs, customer_id: null, external_customer_id: "c1" };
          const stored = { ...event, external_id: null, parent_id: null };
          const options = { source: "user" as const, compare: true, now: TIME };
          const { id } = (await append(store, [stored], options))!.outcomes![0]!;
          const found = await explain(store, { id, seq: seqOfId(id) }, definitions);
          const subject = { ...rest, source: "user", metadata: JSON.stringify(pairs) };
          expect(writeJson(await explain(store, subject, definitions))).toBe(writeJson(found));
          const window = windowOf({ start: rest.timestamp, end: rest.timestamp, interval: "hour", timezone: "UTC" });
          for (const [index, each] of definitions.entries()) {
            const explained = JSON.parse(writeJson(found![index]));
            const model: ModelEvent = { ...event, source: "user" };
            expect(explained.filter).toEqual(JSON.parse(JSON.stringify(modelTree(model, each.filter))));
            const counting: Definition = { ...each, aggregation: { func: "count" } };
            const query = { window, customers: {}, metadata: [] };
            const matching = await computeQuantities(store, compile(counting), query, "scan");
            const { total } = (await computeQuantities(store, compile(each), query, "scan"))!;
            const { func } = each.aggregation;
            expect(explained.counted && func !== "unique" ? explained.value : Number(explained.counted)).toBe(total);
            expect(explained.reason === "filter").toBe(matching!.total === 0);
            if (func === "unique" && explained.counted) {
              expect(explained.value).toEqual(lookUp(pairs, each.aggregation.property).value);
            }
            if (!explained.counted) expect(explained.value).toBeNull();
          }
        },
      ),
      { numRuns: cases() },
    );
  });

  it("is not given of an event that is not stored", async ({ expect }) => {
    const id = eventId(1, "4111-8111-111111111111" as never);
    const all: Definition = { filter: { conjunction: "and", clauses: [] }, aggregation: { func: "count" } };
    expect(await explain(storeOf(crypto.randomUUID()), { id, seq: 1 }, [all])).toBeNull();
  });
});

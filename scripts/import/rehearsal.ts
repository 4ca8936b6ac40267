import type * as z from "zod/mini";
import { CustomerCreate } from "../../src/customers/schemas.ts";
import { EventsIngest } from "../../src/events/schemas.ts";
import { toProblems } from "../../src/http/problems.ts";
import { MeterCreate } from "../../src/meters/schemas.ts";
import { parseJson } from "../../src/wire/json.ts";
import { type Problem, reasonOf, type Target } from "./target.ts";

/** A target that writes nothing: it validates with the schemas of this version. */
export function rehearsal(): Target {
  const schemas = { meters: MeterCreate, customers: CustomerCreate };
  return {
    create: async (collection, polarId, body) => {
      const problems = validate(schemas[collection], body);
      return problems.length === 0 ? { id: polarId, isNew: true } : { refused: reasonOf(problems) };
    },
    archive: async () => {},
    ingest: async (events) => {
      const refused = new Map<number, string>();
      // One by one, because the problems of one request are limited.
      for (const [i, event] of events.entries()) {
        const problems = validate(EventsIngest, { events: [event] });
        if (problems.length > 0) refused.set(i, reasonOf(problems));
      }
      return { inserted: events.length - refused.size, duplicates: 0, refused };
    },
  };
}

function validate(schema: z.ZodMiniType, body: object): Problem[] {
  // As the Worker reads it: integers that are too large become bigints.
  const data = parseJson(JSON.stringify(body));
  const result = schema.safeParse(data);
  return result.success ? [] : toProblems("body", result.error.issues, data);
}

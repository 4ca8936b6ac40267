import { describe, it } from "vitest";
import api from "../../docs/api.md?raw";
import * as limits from "../../src/store/limits.ts";

/** How docs/api.md tells each limit; null for those that no caller meets by itself. */
const TOLD: Record<keyof typeof limits, ((limit: number) => string) | null> = {
  MAX_ROW_BYTES: (limit) => `about ${limit / 1e6} MB when stored`,
  MAX_PARAMETER_BYTES: null,
  MAX_EVENT_BYTES: (limit) => `${limit.toLocaleString("en")} bytes`,
  MAX_COLUMNS: null,
  MAX_STATEMENT_CLAUSES: null,
  MAX_PROPERTY_LENGTH: (limit) => `a property of ${limit.toLocaleString("en")} characters`,
  MAX_PAGE_BYTES: (limit) => `${limit / 2 ** 20} MiB`,
  MAX_DATABASE_BYTES: (limit) => `${limit / 1e9} GB`,
  MAX_SCHEDULED_STATEMENTS: null,
  MAX_ALARM_STATEMENTS: null,
};

describe("The limits in docs/api.md", () => {
  it.for(Object.entries(limits))("are those of the code: %s", ([name, limit], { expect }) => {
    const section = api.slice(api.indexOf("\n## Limits\n"));
    const tell = TOLD[name as keyof typeof limits];
    if (tell !== null) expect(section).toContain(tell(limit));
  });
});

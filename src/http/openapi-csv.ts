import type { ZodOpenApiResponseObject } from "zod-openapi";
import { EDGEMETER_ONLY } from "../wire/openapi.ts";
import { optional } from "./openapi.ts";

const CSV_HEADERS = {
  "Content-Disposition": optional(`The name of the file, with CSV. ${EDGEMETER_ONLY}`, {
    type: "string",
    pattern: '^attachment; filename="[\\w-]+\\.csv"$',
  }),
  Link: optional(`With CSV, where the next page is, if there is one (RFC 8288). ${EDGEMETER_ONLY}`, {
    type: "string",
    pattern: '^<.+>; rel="next"$',
  }),
};

/** An answer that can also be CSV. */
export function orCsv({ content, headers, ...answer }: ZodOpenApiResponseObject): ZodOpenApiResponseObject {
  const schema = { type: "string" as const, description: `A header row and the items (RFC 4180). ${EDGEMETER_ONLY}` };
  return { ...answer, headers: { ...headers, ...CSV_HEADERS }, content: { ...content, "text/csv": { schema } } };
}

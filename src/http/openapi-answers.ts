import * as z from "zod/mini";
import { annotate, component, countField, EDGEMETER_ONLY } from "../wire/openapi.ts";
import { MAX_WARNINGS } from "../wire/problem.ts";

/** What every list returns besides its items. */
const Pagination = component(
  "Pagination",
  z.object({ total_count: countField("Items on all pages."), max_page: countField("The last page; 0 without items.") }),
  "The size of the whole list.",
);

const CursorPagination = component(
  "CursorPagination",
  z.object({ next_cursor: annotate(z.nullable(z.string()), "The `cursor` of the next page; null at the end.") }),
  `Where a list goes on that is read with \`cursor\`; it is not counted. ${EDGEMETER_ONLY}`,
);

/** The envelope of a list that can be read by cursors. */
export function cursorListOf(name: string, item: z.ZodMiniType) {
  const pagination = z.union([Pagination, CursorPagination]);
  const list = z.object({ items: annotate(z.array(item), "The items of the page."), pagination });
  return component(`ListResource_${name}_`, list, "A page of a list.");
}

/** The envelope of a list, named as Polar names it. */
export function listOf(name: string, item: z.ZodMiniType) {
  const list = z.object({ items: annotate(z.array(item), "The items of the page."), pagination: Pagination });
  return component(`ListResource_${name}_`, list, "A page of a list.");
}

/** What a request was probably not meant to say, in the answer that accepts it. */
export const Warnings = annotate(
  z.optional(
    z.array(
      component(
        "Warning",
        z.object({
          index: z.optional(countField("The index of the event.")),
          loc: annotate(z.array(z.union([z.string(), z.int()])), "The place in the request."),
          msg: annotate(z.string(), "What is wrong there, for people."),
        }),
        `What was accepted and counts nothing, or was ignored. ${EDGEMETER_ONLY}`,
      ),
    ),
  ),
  `Present when something is probably not as it was meant; at most ${MAX_WARNINGS}. ${EDGEMETER_ONLY}`,
);

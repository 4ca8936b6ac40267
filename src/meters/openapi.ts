import * as z from "zod/mini";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { answer, HEADERS, listOf, operation } from "../http/openapi.ts";
import { describe, fields, LIST_PARAMETERS, OWN, parameters } from "../schema/openapi.ts";
import { ASKED, Create, Meter, Preview, PreviewAnswer, Quantities, Update } from "./openapi-components.ts";
import { MeterListQuery, MeterPath, MeterQuantitiesQuery } from "./schemas.ts";

const TAG = "meters";

const IDEMPOTENCY_KEY = describe(z.optional(z.string()), {
  param: {
    description:
      "Makes the creation safe to send again: the same key with the same meaning gets the first answer; with another meaning, a 422. Keys do not expire. " +
      OWN,
  },
  override: { minLength: 1, maxLength: 255, pattern: "^[ -~]+$" },
});
const tags = (description: string) =>
  describe(z.optional(z.string()), { param: { description: `${description} ${OWN}` } });

const ONE = fields(MeterPath, {
  id: {
    param: {
      description: "The meter's id, as Create Meter and List Meters answer it.",
      example: "1b671a64-40d5-491e-99b0-da01ff1f3341",
    },
  },
});

/** The paths of meters in the API's document. */
export const meterPaths: ZodOpenApiPathsObject = {
  "/v1/meters/": {
    get: operation({
      id: "meters:list",
      tag: TAG,
      summary: "List Meters",
      description: "Lists the organization's meters, a page at a time.",
      scopes: ["meters:read", "meters:write"],
      query: parameters(MeterListQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        query: "Text that the name contains, in any case.",
        is_archived: "Only archived meters, or only others.",
        sorting: { description: "The order; the first counts most. Ties are broken by id.", default: ["name"] },
        metadata: "Conditions on the meters' metadata.",
      }),
      answers: { 200: answer("A page of meters.", listOf("Meter", Meter)) },
    }),
    post: operation({
      id: "meters:create",
      tag: TAG,
      summary: "Create Meter",
      description: "Creates a meter. It counts events that were ingested before, too. The body has at most 1 MiB.",
      scopes: ["meters:write"],
      headers: z.object({ "Idempotency-Key": IDEMPOTENCY_KEY }),
      body: Create,
      answers: { 201: answer("The meter.", Meter, { ...HEADERS.etag, ...HEADERS.replayed }) },
    }),
  },
  "/v1/meters/preview": {
    post: operation({
      id: "meters:preview",
      tag: TAG,
      summary: "Preview Meter",
      description: "Shows what a meter would count before it exists. Nothing is saved. The body has at most 1 MiB.",
      scopes: ["meters:read", "meters:write"],
      polar: false,
      body: Preview,
      answers: { 200: answer("The quantities, and the first events.", PreviewAnswer) },
    }),
  },
  "/v1/meters/{id}": {
    get: operation({
      id: "meters:get",
      tag: TAG,
      summary: "Get Meter",
      description: "Gets a meter.",
      scopes: ["meters:read", "meters:write"],
      path: ONE,
      headers: z.object({
        "If-None-Match": tags('Versions that you have, such as `"1"`: one that is current is a 304.'),
      }),
      answers: {
        200: answer("The meter.", Meter, HEADERS.etag),
        304: answer(`The meter is at a version that If-None-Match names. ${OWN}`, null, HEADERS.etag),
      },
    }),
    patch: operation({
      id: "meters:update",
      tag: TAG,
      summary: "Update Meter",
      description:
        "Changes a meter, archives it or brings it back. The rules of units hold for the result: to leave `custom`, send `custom_label: null` too. The body has at most 1 MiB.",
      scopes: ["meters:write"],
      path: ONE,
      headers: z.object({ "If-Match": tags('Versions that may be changed, such as `"1"`: any other is a 412.') }),
      body: Update,
      conditional: true,
      answers: { 200: answer("The meter.", Meter, HEADERS.etag) },
    }),
  },
  "/v1/meters/{id}/quantities": {
    get: operation({
      id: "meters:quantities",
      tag: TAG,
      summary: "Get Meter Quantities",
      description: "Gets the quantities of a meter over time, exact for every event that was accepted before.",
      scopes: ["meters:read", "meters:write"],
      path: ONE,
      query: parameters(MeterQuantitiesQuery.shape, {
        ...ASKED,
        start_timestamp: { description: ASKED.start_timestamp, example: "2026-01-01T00:00:00Z" },
        end_timestamp: { description: ASKED.end_timestamp, example: "2026-01-03T00:00:00Z" },
        interval: { description: "The length of a row.", example: "day" },
        metadata: "Conditions on the events' metadata.",
      }),
      answers: { 200: answer("The quantities.", Quantities) },
    }),
  },
};

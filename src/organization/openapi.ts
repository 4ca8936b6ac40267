import * as z from "zod/mini";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { SCOPES } from "../auth/principal.ts";
import { operation, response } from "../http/openapi.ts";
import { STORE_KINDS } from "../store/kinds.ts";
import { annotate, component, EDGEMETER_ONLY, idField } from "../wire/openapi.ts";

const Organization = component(
  "Organization",
  z.object({
    id: idField("The organization's id."),
    store: annotate(z.enum(STORE_KINDS), "Where the data is: in the shared D1 database, or in an object of its own."),
    bytes: annotate(z.nullable(z.int()), "The size of the object's database; null in D1."),
    meters: annotate(
      z.array(
        z.object({
          id: idField("The meter's id."),
          events_behind: annotate(
            z.int(),
            "How many of the organization's events are not in the meter's rollups yet. They count all the same.",
          ),
        }),
      ),
      "Each meter, archived ones too, in the order in which they were created.",
    ),
  }),
  `An organization: its storage, and the lag of its meters. ${EDGEMETER_ONLY}`,
);

/** The path of the organization itself in the API's document. */
export const organizationPaths: ZodOpenApiPathsObject = {
  "/v1/organization": {
    get: operation({
      id: "organization:get",
      tag: "organization",
      summary: "Get Organization",
      description: "Gets the organization of the request's token. Any scope is enough.",
      scopes: [...SCOPES],
      polar: false,
      answers: { 200: response("The organization.", Organization) },
    }),
  },
};

import { type Example, STRICT } from "../support/example.ts";

export const example: Example = {
  id: "de300000-0000-4000-8000-000000000000",
  make: async (send) => ({ id: (await send("GET", "/v1/organization")).id }),
  requests: { "organization:get": () => ({ bad: STRICT }) },
};

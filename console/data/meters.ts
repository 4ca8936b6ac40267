import type { Schemas } from "../../client/src/index.ts";
import { api, can } from "../session/session.ts";
import { useRead } from "./read.ts";

/** The meters in use, by name; none until they are read, and where the token may not read them. */
export function useMeters(): Schemas["Meter"][] {
  const key = can("meters:read", "meters:write") ? "/v1/meters/ in use" : null;
  const { data = [] } = useRead<Schemas["Meter"][]>(key, async (signal) => {
    const meters = [];
    for await (const meter of api().list("/v1/meters/", { query: { is_archived: false, sorting: ["name"] }, signal }))
      meters.push(meter);
    return meters;
  });
  return data;
}

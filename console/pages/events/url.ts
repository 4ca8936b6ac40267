import type { Init } from "../../../client/src/index.ts";
import { choice, moment, pageNumber, text, type UrlState } from "../../url/state.ts";

/** Events on a page. */
export const LIMIT = 50;

/** What the address of the list keeps: the API's parameters, with metadata as `key=value&key=value`. */
export const URL_STATE = {
  name: text(),
  external_customer_id: text(),
  start_timestamp: moment(),
  end_timestamp: moment(),
  customer_id: text(),
  meter_id: text(),
  external_id: text(),
  metadata: text(),
  source: choice(["", "user", "system"], ""),
  voided: choice(["", "true", "false"], ""),
  sorting: choice(["-timestamp", "timestamp"], "-timestamp"),
  page: pageNumber(),
};
/** The state of the list. */
export type State = UrlState<typeof URL_STATE>;

/** The request for what an address says. */
export function requestOf({ values }: State) {
  const { metadata, voided, sorting, page, ...filters } = values;
  const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ""));
  const pairs = metadata.split("&").flatMap((pair): [string, string][] => {
    const at = pair.indexOf("=");
    return at < 1 ? [] : [[pair.slice(0, at), pair.slice(at + 1)]];
  });
  const query = {
    ...given,
    ...(voided !== "" && { voided: voided === "true" }),
    metadata: Object.fromEntries(pairs),
    sorting: [sorting],
    page,
    limit: LIMIT,
  };
  return { query } satisfies Init<"/v1/events/", "get">;
}

import { RANGE_STATE } from "../../url/range.ts";
import { flag, text } from "../../url/state.ts";

/** What the page of a meter keeps in the address. */
export const URL_STATE = {
  ...RANGE_STATE,
  group_by: text(),
  customer_id: text(),
  external_customer_id: text(),
  compare: flag(),
};

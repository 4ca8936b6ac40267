import { RANGE_STATE } from "../../url/range.ts";
import { pageNumber, text } from "../../url/state.ts";

/** Balances on a page. */
export const BALANCES = 20;

/** What the address of a customer keeps: whose usage is shown, its range, and the page of the balances. */
export const URL_STATE = { meter_id: text(), ...RANGE_STATE, page: pageNumber() };

import type { Schemas } from "../../../client/src/index.ts";
import { counted, exact } from "../../format/number.ts";

type Alert = Schemas["Alert"];

/** The bases of alerts in words. */
export const BASES = [
  ["consumed_units", "Consumed units reach"],
  ["balance", "The balance falls to"],
  ["consumed_percent", "Consumed percent of the credits reach"],
] as const satisfies [Alert["basis"], string][];

/** What a field for thresholds takes. */
export const THRESHOLDS_HINT =
  "Numbers, separated by commas. Each triggers once for a customer, until the value is back or is reset.";

/** The numbers of a list; what is not a number goes to the API as it is, which says so. */
export const numbersIn = (text: string): number[] =>
  text
    .split(/[,;\s]+/)
    .filter(Boolean)
    .map((each) => (Number.isFinite(Number(each)) ? Number(each) : (each as never)));

/** What is announced when an alert is created or changed. */
export const reachedText = (verb: string, { already_reached: reached }: Schemas["AlertChanged"]) =>
  `The alert is ${verb}.${reached ? ` A threshold is past already for ${counted(reached, "customer")}.` : ""}`;

/** When an alert triggers: Consumed units reach 80, 100. */
export function conditionOf({ basis, thresholds }: Pick<Alert, "basis" | "thresholds">): string {
  const unit = basis === "consumed_percent" ? "%" : "";
  return `${BASES.find(([name]) => name === basis)![1]} ${thresholds.map((each) => `${exact(each)}${unit}`).join(", ")}`;
}

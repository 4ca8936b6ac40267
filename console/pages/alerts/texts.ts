import type { Schemas } from "../../../client/src/index.ts";
import { exact } from "../../format/number.ts";

type Alert = Schemas["Alert"];

/** The bases of alerts in words. */
export const BASES = [
  ["consumed_units", "Consumed units reach"],
  ["balance", "The balance falls to"],
  ["consumed_percent", "Consumed percent of the credits reach"],
] as const satisfies [Alert["basis"], string][];

/** When an alert triggers: Consumed units reach 80, 100. */
export function conditionOf({ basis, thresholds }: Pick<Alert, "basis" | "thresholds">): string {
  const unit = basis === "consumed_percent" ? "%" : "";
  return `${BASES.find(([name]) => name === basis)![1]} ${thresholds.map((each) => `${exact(each)}${unit}`).join(", ")}`;
}

import type { Schemas } from "../../../client/src/index.ts";
import { exact } from "../../format/number.ts";
import "./bar.css";

/** How much of the credited units is left, of which the held part is lighter. Without credits there is no bar. */
export function Bar({ balance: { balance, credited_units, held_units } }: { balance: Schemas["CustomerMeter"] }) {
  if (credited_units <= 0) return <span class="quiet">no credits</span>;
  const share = (units: number) => `${Math.max(0, Math.min(100, (100 * units) / credited_units))}%`;
  const free = balance - held_units;
  const percent = Math.max(0, Math.floor((100 * balance) / credited_units));
  return (
    <span class="row nowrap">
      <span
        class="bar"
        role="meter"
        aria-label="Left"
        aria-valuemin={0}
        aria-valuemax={credited_units}
        aria-valuenow={Math.max(0, Math.min(credited_units, balance))}
        aria-valuetext={`${exact(balance)} of ${exact(credited_units)}`}
      >
        <i style={{ width: share(free) }} />
        <i class="held" style={{ width: share(balance - Math.max(0, free)) }} />
      </span>
      <span class="quiet small">{exact(percent)}%</span>
    </span>
  );
}

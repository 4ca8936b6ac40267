import type { Schemas } from "../../client/src/index.ts";
import { SelectField, TextField } from "./field.tsx";

/** What a meter's numbers count, as its form has it. */
export type Unit = { unit: Schemas["MeterUnit"]; custom_label: string };

const UNITS = [
  ["scalar", "plain numbers"],
  ["token", "tokens"],
  ["custom", "a unit of your own"],
] as const;

/** The fields of a meter's unit; its name is asked for where it is one of your own. */
export function UnitFields({ value, onChange }: { value: Unit; onChange: (value: Unit) => void }) {
  return (
    <div class="fields">
      <SelectField
        label="Unit"
        name="unit"
        value={value.unit}
        options={UNITS}
        onChange={(unit) => onChange({ ...value, unit })}
      />
      {value.unit === "custom" && (
        <TextField
          label="Name of the unit"
          name="custom_label"
          value={value.custom_label}
          placeholder="GB"
          onInput={(custom_label) => onChange({ ...value, custom_label })}
        />
      )}
    </div>
  );
}

/** The unit as a body of the API has it. */
export const unitBody = ({ unit, custom_label }: Unit) => ({
  unit,
  custom_label: unit === "custom" && custom_label !== "" ? custom_label : null,
});

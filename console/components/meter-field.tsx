import { useMeters } from "../data/meters.ts";
import { SelectField } from "./field.tsx";

type Props = { label?: string; name?: string; value: string; onChange: (id: string) => void; none: string };

/** A field for one of the meters in use. */
export function MeterField({ label = "Meter", name = "meter_id", value, onChange, none }: Props) {
  const meters = useMeters();
  const known = meters.map(({ id, name: text }) => [id, text] as const);
  // An archived meter that an address names is chosen all the same.
  const other = value === "" || meters.some(({ id }) => id === value) ? [] : [[value, value] as const];
  return (
    <SelectField
      label={label}
      name={name}
      value={value}
      onChange={onChange}
      options={[["", none] as const, ...known, ...other]}
    />
  );
}

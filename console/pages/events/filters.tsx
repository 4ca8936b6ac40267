import { offsetAt } from "../../../src/time/zone.ts";
import { SelectField } from "../../components/field.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { MeterField } from "../../components/meter-field.tsx";
import { useKnownNames } from "../../data/known.ts";
import { LOCAL_ZONE } from "../../format/time.ts";
import type { State } from "./url.ts";

const SOURCES = [
  ["", "All"],
  ["user", "Sent by you"],
  ["system", "Made by the platform"],
] as const;

const VOIDED = [
  ["", "All"],
  ["false", "Not voided"],
  ["true", "Voided"],
] as const;

/** What narrows the list of events; each field is in the address. */
export function Filters({ state }: { state: State }) {
  const names = useKnownNames();
  return (
    <>
      <div class="filters">
        <Field label="Event name" name="name" state={state} suggestions={names} />
        <Field label="Customer, by your own id" name="external_customer_id" state={state} />
        <TimeField label="After" name="start_timestamp" state={state} />
        <TimeField label="Before" name="end_timestamp" state={state} />
      </div>
      <MoreFilters state={state} />
    </>
  );
}

function MoreFilters({ state }: { state: State }) {
  const { customer_id, meter_id, external_id, metadata, source, voided } = state.values;
  const isUsed = [customer_id, meter_id, external_id, metadata, source, voided].some(Boolean);
  return (
    <details open={isUsed}>
      <summary>More filters</summary>
      <div class="filters">
        <Field label="Customer, by id" name="customer_id" state={state} />
        <MeterField
          label="Matches the filter of"
          none="Any meter, or none"
          value={meter_id}
          onChange={(to) => state.set({ meter_id: to })}
        />
        <Field label="Your own id of the event" name="external_id" state={state} />
        <Field label="Metadata" name="metadata" state={state} placeholder="model=haiku&region=eu" />
        <SelectField
          label="Source"
          name="source"
          value={source}
          onChange={(to) => state.set({ source: to })}
          options={SOURCES}
        />
        <SelectField
          label="Voided"
          name="voided"
          value={voided}
          onChange={(to) => state.set({ voided: to })}
          options={VOIDED}
        />
      </div>
    </details>
  );
}

type FieldProps = {
  label: string;
  name: "name" | "external_customer_id" | "customer_id" | "external_id" | "metadata";
  state: State;
  suggestions?: string[];
  placeholder?: string;
};

function Field({ name, state, ...more }: FieldProps) {
  const set = (value: string) => state.set({ [name]: value }, { replace: true });
  return <FilterField name={name} value={state.values[name]} onChange={set} {...more} />;
}

type TimeProps = { label: string; name: "start_timestamp" | "end_timestamp"; state: State };

/** A moment in the browser's time zone. */
function TimeField({ label, name, state: { values, set } }: TimeProps) {
  const value = values[name];
  return (
    <FilterField
      label={`${label} (${LOCAL_ZONE})`}
      name={name}
      type="datetime-local"
      value={value && toLocal(Date.parse(value))}
      onChange={(local) => set({ [name]: local && new Date(local).toISOString() }, { replace: true })}
    />
  );
}

/** A moment as fields take it: 2026-12-02T13:45. */
const toLocal = (time: number) => new Date(time + offsetAt(time, LOCAL_ZONE)).toISOString().slice(0, 16);

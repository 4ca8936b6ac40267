import { useLocation } from "preact-iso/router";
import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { SelectField, TextField } from "../../components/field.tsx";
import { Form, Submit, useForm } from "../../components/form.tsx";
import { Page } from "../../components/page.tsx";
import { announce } from "../../components/toast.tsx";
import { type Unit, unitBody, UnitFields } from "../../components/unit-fields.tsx";
import { useKnownNames, useKnownProperties } from "../../data/known.ts";
import { problemsOf } from "../../data/problems.ts";
import { api, can, lack } from "../../session/session.ts";
import { FilterEditor } from "./filter-editor.tsx";
import { Preview, usePreview } from "./preview.tsx";
import { type Aggregation, isComplete, listOf, newGroup, toAggregation, toFilter } from "./tree.ts";

const PARENT = { href: "/console/meters", name: "Meters" };
const FUNCTIONS = [
  ["count", "count: how many events"],
  ["sum", "sum of a property"],
  ["max", "max: the largest value"],
  ["min", "min: the smallest value"],
  ["avg", "avg: the mean"],
  ["unique", "unique: how many different values"],
] as const;

/** The editor of a new meter, with a preview beside it. */
export default function NewMeterPage() {
  const [warned, setWarned] = useState<Schemas["MeterCreated"] | null>(null);
  return warned === null ? <Editor onWarned={setWarned} /> : <Warned meter={warned} />;
}

function Editor({ onWarned }: { onWarned: (meter: Schemas["MeterCreated"]) => void }) {
  const { route } = useLocation();
  const [name, setName] = useState("");
  const [unit, setUnit] = useState<Unit>({ unit: "scalar", custom_label: "" });
  const [filter, setFilter] = useState(() => newGroup("name"));
  const [aggregation, setAggregation] = useState<Aggregation>({ func: "count", property: "", dimensions: "" });
  const known = { names: useKnownNames(), ...useKnownProperties() };
  const definition = { filter: toFilter(filter), aggregation: toAggregation(aggregation) };
  const complete = isComplete(filter, aggregation);
  const preview = usePreview(complete ? definition : null);
  const body = { name, ...unitBody(unit), ...definition, dimensions: listOf(aggregation.dimensions) };
  const form = useForm({
    content: body,
    send: (key) => api().post("/v1/meters/", { body, header: { "Idempotency-Key": key } }),
    changes: ["/v1/meters/", "/v1/organization"],
    onDone: (meter) => {
      announce(`${meter.name} is created.`);
      if (meter.warnings === undefined) route(`/console/meters/${meter.id}`);
      else onWarned(meter);
    },
  });
  return (
    <Page title="New meter" parent={PARENT}>
      {!can("meters:write") && <p class="quiet">{lack("meters:write")} The preview works all the same.</p>}
      <div class="beside">
        <Form form={form} label="New meter" earlier={problemsOf(complete ? preview.read.error : null)}>
          <TextField label="Name" name="name" value={name} placeholder="AI tokens" onInput={setName} />
          <UnitFields value={unit} onChange={setUnit} />
          <FilterEditor group={filter} onChange={setFilter} path="filter" known={known} />
          <AggregationFields value={aggregation} onChange={setAggregation} properties={known.properties} />
          <Submit form={form} scope="meters:write">
            Create meter
          </Submit>
        </Form>
        <Preview preview={preview} isComplete={complete} />
      </div>
    </Page>
  );
}

type AggregationProps = { value: Aggregation; onChange: (value: Aggregation) => void; properties: string[] };

function AggregationFields({ value, onChange, properties }: AggregationProps) {
  return (
    <fieldset class="group">
      <legend>How they are counted</legend>
      <div class="fields">
        <SelectField
          label="Aggregation"
          name="aggregation.func"
          value={value.func}
          options={FUNCTIONS}
          onChange={(func) => onChange({ ...value, func })}
        />
        {value.func !== "count" && (
          <TextField
            label="Property to aggregate"
            name="aggregation.property"
            value={value.property}
            suggestions={properties}
            onInput={(property) => onChange({ ...value, property })}
          />
        )}
      </div>
      <TextField
        label="Dimensions"
        name="dimensions"
        value={value.dimensions}
        placeholder="model, region"
        hint="Up to four keys, separated by commas: groups by these stay fast however many events there are."
        onInput={(dimensions) => onChange({ ...value, dimensions })}
      />
    </fieldset>
  );
}

/** What is probably not as it was meant about a meter that was created. */
function Warned({ meter }: { meter: Schemas["MeterCreated"] }) {
  return (
    <Page title={`${meter.name} is created`} parent={PARENT}>
      <p>Something is probably not as it was meant:</p>
      <ul class="panel">
        {meter.warnings?.map(({ loc, msg }) => (
          <li key={loc.join(".")}>
            <code>{loc.slice(1).join(".")}</code>: {msg}
          </li>
        ))}
      </ul>
      <p>
        <a class="button primary" href={`/console/meters/${meter.id}`}>
          Show the meter
        </a>
      </p>
    </Page>
  );
}

import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import { OPERATORS } from "../../components/definition.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import type { useKnownProperties } from "../../data/known.ts";
import "./filter-editor.css";
import { type Condition, type Group, newCondition, newGroup, type ValueType } from "./tree.ts";

type Known = { names: string[] } & ReturnType<typeof useKnownProperties>;
type Props = {
  group: Group;
  onChange: (group: Group) => void;
  /** Removes the whole group, where it is inside another one. */
  onRemove?: (() => void) | undefined;
  /** The place of the group in the request's body, such as `filter.clauses.1`. */
  path: string;
  known: Known;
};

const CONJUNCTIONS = [
  ["and", "all of these are true (and)"],
  ["or", "any of these is true (or)"],
] as const;
const TYPES = [
  ["auto", "auto"],
  ["text", "text"],
  ["number", "number"],
  ["boolean", "true/false"],
] as const satisfies (readonly [ValueType, string])[];
const OPERATOR_OPTIONS = Object.entries(OPERATORS).map(
  ([name, sign]) => [name as keyof typeof OPERATORS, sign.length > 1 ? sign : `${sign}  (${name})`] as const,
);

/** The editor of a filter: conditions and groups of them, as deep as they go. */
export function FilterEditor({ group, onChange, onRemove, path, known }: Props) {
  const add = useRef<HTMLButtonElement>(null);
  const { clauses } = group;
  const change = (next: Group["clauses"]) => onChange({ ...group, clauses: next });
  const placeOf = (at: number) => ({
    path: `${path}.clauses.${at}`,
    known,
    onChange: (next: Group["clauses"][number]) => change(clauses.with(at, next)),
    onRemove: () => {
      change(clauses.toSpliced(at, 1));
      add.current?.focus();
    },
  });
  return (
    <fieldset class="group">
      <legend>{onRemove ? "Group" : "Events count when"}</legend>
      {clauses.length !== 1 && (
        <SelectField
          label="Match when"
          name={`${path}.conjunction`}
          value={group.conjunction}
          options={CONJUNCTIONS}
          onChange={(conjunction) => onChange({ ...group, conjunction })}
        />
      )}
      {clauses.map((each, at) =>
        "clauses" in each ? (
          <FilterEditor key={each.key} group={each} {...placeOf(at)} />
        ) : (
          <ConditionFields key={each.key} value={each} number={at + 1} {...placeOf(at)} />
        ),
      )}
      {clauses.length === 0 && <p class="quiet">Every event counts.</p>}
      <Additions first={add} onAdd={(part) => change([...clauses, part])} onRemove={onRemove} />
    </fieldset>
  );
}

type AdditionsProps = {
  first: RefObject<HTMLButtonElement | null>;
  onAdd: (part: Group["clauses"][number]) => void;
  onRemove: Props["onRemove"];
};

function Additions({ first, onAdd, onRemove }: AdditionsProps) {
  return (
    <div class="row">
      <button type="button" ref={first} onClick={() => onAdd(newCondition())}>
        Add condition
      </button>
      <button type="button" onClick={() => onAdd(newGroup())}>
        Add group
      </button>
      {onRemove && (
        <button type="button" class="plain" onClick={onRemove}>
          Remove group
        </button>
      )}
    </div>
  );
}

type ConditionProps = {
  value: Condition;
  number: number;
  onChange: (value: Condition) => void;
  onRemove: () => void;
  path: string;
  known: Known;
};

function ConditionFields({ value, number, onChange, onRemove, path, known }: ConditionProps) {
  return (
    <div class="condition" role="group" aria-label={`Condition ${number}`}>
      <TextField
        label="Property"
        name={`${path}.property`}
        value={value.property}
        suggestions={known.properties}
        onInput={(property) => onChange({ ...value, property })}
      />
      <SelectField
        label="Operator"
        name={`${path}.operator`}
        value={value.operator}
        options={OPERATOR_OPTIONS}
        onChange={(operator) => onChange({ ...value, operator })}
      />
      <TextField
        label="Value"
        name={`${path}.value`}
        value={value.value}
        suggestions={value.property === "name" ? known.names : known.valuesOf(value.property)}
        onInput={(text) => onChange({ ...value, value: text })}
      />
      <SelectField
        label="Type"
        name={`${path}.type`}
        value={value.type}
        options={TYPES}
        onChange={(type) => onChange({ ...value, type })}
      />
      <button type="button" class="plain" aria-label={`Remove condition ${number}`} onClick={onRemove}>
        Remove
      </button>
    </div>
  );
}

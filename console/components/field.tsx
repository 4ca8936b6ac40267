import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useProblem } from "./form.tsx";

type Common = {
  label: string;
  /** The place of the value in the request's body, joined by dots: problems of the API find the field by it. */
  name: string;
  hint?: ComponentChildren;
};
type Control = { id: string; name: string; "aria-invalid": boolean; "aria-describedby": string | undefined };

/** A label, a control, a hint, and what the API says is wrong with the value. */
function Field({ label, name, hint, children }: Common & { children: (control: Control) => ComponentChildren }) {
  const id = useId();
  const { problem } = useProblem(name);
  const described = [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(" ");
  const control = { id, name, "aria-invalid": problem !== undefined, "aria-describedby": described || undefined };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(control)}
      {problem && (
        <span class="problem" id={`${id}-problem`}>
          {problem}
        </span>
      )}
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

type Text = Common & {
  value: string;
  onInput: (value: string) => void;
  /** Values that are offered, each of which is a valid one. */
  suggestions?: string[];
  type?: "text" | "number" | "datetime-local" | "email" | "url";
  placeholder?: string;
  class?: string;
};

/** A field for a line of text. */
export function TextField({ label, name, hint, value, onInput, suggestions, ...more }: Text) {
  const { clear } = useProblem(name);
  const list = useId();
  return (
    <Field label={label} name={name} hint={hint}>
      {(control) => (
        <>
          <input
            autoComplete="off"
            spellcheck={false}
            dir="auto"
            {...more}
            {...control}
            list={suggestions && list}
            value={value}
            onInput={({ currentTarget }) => {
              clear();
              onInput(currentTarget.value);
            }}
          />
          {suggestions && (
            <datalist id={list}>
              {suggestions.map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

/** A field for several lines. @public */
export function AreaField({
  label,
  name,
  hint,
  value,
  onInput,
  rows = 6,
}: Omit<Text, "suggestions"> & { rows?: number }) {
  const { clear } = useProblem(name);
  return (
    <Field label={label} name={name} hint={hint}>
      {(control) => (
        <textarea
          {...control}
          rows={rows}
          spellcheck={false}
          value={value}
          onInput={({ currentTarget }) => {
            clear();
            onInput(currentTarget.value);
          }}
        />
      )}
    </Field>
  );
}

type Select<T extends string> = Common & {
  value: T;
  onChange: (value: T) => void;
  /** The values, or values with their texts. */
  options: readonly (T | readonly [value: T, text: string])[];
};

/** A field for one of some values. */
export function SelectField<T extends string>({ label, name, hint, value, onChange, options }: Select<T>) {
  const { clear } = useProblem(name);
  return (
    <Field label={label} name={name} hint={hint}>
      {(control) => (
        <select
          {...control}
          value={value}
          onChange={({ currentTarget }) => {
            clear();
            onChange(currentTarget.value as T);
          }}
        >
          {options.map((option) => {
            const [each, text] = typeof option === "string" ? [option, option] : option;
            return (
              <option key={each} value={each} selected={each === value}>
                {text}
              </option>
            );
          })}
        </select>
      )}
    </Field>
  );
}

type Check = { label: ComponentChildren; value: boolean; onChange: (value: boolean) => void };

/** A box that is ticked or not. */
export function CheckField({ label, value, onChange }: Check) {
  return (
    <label class="check">
      <input type="checkbox" checked={value} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

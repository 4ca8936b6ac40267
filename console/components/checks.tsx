type Props<T extends string> = {
  legend: string;
  name: string;
  all: readonly T[];
  value: T[];
  onChange: (value: T[]) => void;
  /** Why one can't be chosen; null where it can. */
  lackOf?: (each: T) => string | null;
};

/** A group of boxes, of which any number is ticked. */
export function Checks<T extends string>({ legend, name, all, value, onChange, lackOf }: Props<T>) {
  return (
    <fieldset>
      <legend class="small">{legend}</legend>
      {all.map((each) => {
        const missing = lackOf?.(each) ?? null;
        return (
          <label key={each} class="check" title={missing ?? undefined}>
            <input
              type="checkbox"
              name={name}
              checked={value.includes(each)}
              disabled={missing !== null}
              onChange={({ currentTarget: { checked } }) =>
                onChange(checked ? [...value, each] : value.filter((other) => other !== each))
              }
            />
            <code>{each}</code>
          </label>
        );
      })}
    </fieldset>
  );
}

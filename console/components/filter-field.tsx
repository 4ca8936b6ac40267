import { useEffect, useState } from "preact/hooks";
import { TextField } from "./field.tsx";

/** Milliseconds after the last key until a text is used. */
const PAUSE = 300;

type Props = {
  label: string;
  name: string;
  value: string;
  onChange: (value: string) => void;
  suggestions?: string[];
  placeholder?: string;
};

/** A field whose text is used when the typing pauses, such as one that filters a list. */
export function FilterField({ value, onChange, ...more }: Props) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), PAUSE);
    return () => clearTimeout(timer);
  }, [typed]);
  return <TextField {...more} value={typed} onInput={setTyped} />;
}

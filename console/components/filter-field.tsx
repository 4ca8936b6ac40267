import { useEffect, useRef, useState } from "preact/hooks";
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
  type?: "text" | "datetime-local";
};

/** A field whose text is used when the typing pauses, such as one that filters a list. */
export function FilterField({ value, onChange, ...more }: Props) {
  const [typed, setTyped] = useState(value);
  // Another field may have changed the address since the last key.
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => latest.current(typed), PAUSE);
    return () => clearTimeout(timer);
  }, [typed]);
  return <TextField {...more} value={typed} onInput={setTyped} />;
}

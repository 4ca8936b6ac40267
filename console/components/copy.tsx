import { useEffect, useState } from "preact/hooks";

/** A button that copies a text, and says so. */
export function Copy({ text, name = "Copy" }: { text: string; name?: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true), () => {}); // prettier-ignore
  return (
    <button type="button" class="plain" onClick={copy}>
      <span aria-live="polite">{isCopied ? "Copied" : name}</span>
    </button>
  );
}

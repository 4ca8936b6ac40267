import "./line.css";

/** Characters that a line has room for. */
const ROOM = 60;

/** A text in a list: its beginning, which opens the whole of it where that is longer. */
export function Line({ text, whole = text }: { text: string; whole?: string }) {
  const code = (
    <code class="quiet">
      <bdi>{text}</bdi>
    </code>
  );
  if (text.length <= ROOM) return code;
  return (
    <details class="line">
      <summary>{code}</summary>
      <pre>
        <bdi>{whole}</bdi>
      </pre>
    </details>
  );
}

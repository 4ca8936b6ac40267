import "./badge.css";

/** A state in one word; its colour says nothing that the word does not. */
export function Badge({
  children,
  kind = "quiet",
}: {
  children: string;
  kind?: "quiet" | "success" | "warning" | "danger";
}) {
  return <span class={`badge ${kind}`}>{children}</span>;
}

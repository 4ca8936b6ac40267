import "./skeleton.css";

/** What is shown while something is read for the first time: as many lines as it will probably have. */
export function Skeleton({ lines = 3, height = 20 }: { lines?: number; height?: number }) {
  return (
    <div class="skeleton" aria-busy="true">
      <span class="hidden-text">Loading…</span>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} style={{ height: `${height}px` }} />
      ))}
    </div>
  );
}

import { signal } from "@preact/signals";
import "./toast.css";

const said = signal<string | null>(null);
let timer = 0;
/** Milliseconds for which a message stays. */
const LASTS = 6000;

/** Says that something has happened: it is shown for some seconds, and read aloud. */
export function announce(text: string): void {
  clearTimeout(timer);
  said.value = text;
  timer = setTimeout(() => (said.value = null), LASTS);
}

/** Where announcements appear; the shell has one. */
export function Toast() {
  return (
    <div class="toast" role="status">
      {said.value !== null && <p>{said.value}</p>}
    </div>
  );
}

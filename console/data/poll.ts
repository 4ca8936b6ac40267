import { useEffect, useRef } from "preact/hooks";
import type { Read } from "./read.ts";

/** Milliseconds between two attempts: the first while something happens, up to the second while nothing does. */
const [SHORTEST, LONGEST] = [5000, 60_000];

/**
 * Reads again and again while the tab is visible: more and more rarely while nothing is new, and at once when the tab is
 * shown again. An attempt takes its time before the next pause begins.
 */
export function usePoll({ data, reload, answers }: Read<unknown>): void {
  const pause = useRef(SHORTEST);
  const last = useRef(data);
  useEffect(() => {
    pause.current = last.current === data ? Math.min(LONGEST, pause.current * 1.5) : SHORTEST;
    last.current = data;
    if (answers === 0) return;
    const again = () => {
      if (!document.hidden) reload({ isQuiet: true });
    };
    const timer = setTimeout(again, pause.current);
    document.addEventListener("visibilitychange", again);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, [answers]);
}

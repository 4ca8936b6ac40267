import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Answer, PathOf } from "../../client/src/index.ts";
import type { Rest } from "../../client/src/types.ts";
import { api } from "../session/session.ts";
import { addReader, recall, remember } from "./cache.ts";

/** Something that is read: its data stay while newer ones are read, also when that fails. */
export type Read<T> = {
  data: T | undefined;
  /** Why the last attempt failed; null after a success. */
  error: Error | null;
  isLoading: boolean;
  /** How many attempts have ended. */
  answers: number;
  /** Reads again; quietly for what nobody has asked for. */
  reload: (options?: { isQuiet: boolean }) => void;
};

type State<T> = { key: string | null; data: T | undefined; error: Error | null; isLoading: boolean; answers: number };

/**
 * Reads something, and again when the key changes. A new key or the end of the component aborts what is under way.
 * @param key names what is read, beginning with the API's path; null reads nothing
 */
export function useRead<T>(key: string | null, read: (signal: AbortSignal) => Promise<T>): Read<T> {
  const [state, setState] = useState<State<T>>(() => begin<T>(key));
  const latest = useRef(read);
  latest.current = read;
  const [run, setRun] = useState({ isQuiet: false });
  const reload = useCallback((options = { isQuiet: false }) => setRun({ ...options }), []);

  useEffect(() => {
    if (key === null) return setState((old) => ({ ...old, key, error: null, isLoading: false }));
    const controller = new AbortController();
    if (!run.isQuiet) setState((old) => begin(key, old));
    const attempt = async () => {
      try {
        const data = await latest.current(controller.signal);
        if (controller.signal.aborted) return;
        remember(key, data);
        setState((old) => ({ ...ended(key, old), data: sameOr(old.data, data), error: null }));
      } catch (error) {
        if (!controller.signal.aborted) setState((old) => ({ ...ended(key, old), error: error as Error }));
      }
    };
    void attempt();
    const removeReader = addReader(key, () => setRun({ isQuiet: false }));
    return () => {
      removeReader();
      controller.abort();
    };
  }, [key, run]);
  return { ...state, isLoading: state.isLoading || state.key !== key, reload };
}

/** Reads from the API; the path and what it takes are typed by the API's document. A null path reads nothing. */
export function useGet<P extends PathOf<"get">>(path: P | null, ...rest: Rest<P, "get">): Read<Answer<P, "get">> {
  const key = path === null ? null : `${path} ${JSON.stringify(rest[0] ?? {})}`;
  return useRead(key, (signal) => api().get(path!, ...([{ ...rest[0], signal }] as unknown as Rest<P, "get">)));
}

function begin<T>(key: string | null, old?: State<T>): State<T> {
  const known = key === null ? undefined : (recall(key) as T | undefined);
  return { key, data: known ?? old?.data, error: null, isLoading: key !== null, answers: old?.answers ?? 0 };
}

function ended<T>(key: string, old: State<T>): State<T> {
  return { ...old, key, isLoading: false, answers: old.answers + 1 };
}

/** The same object for the same content, so that who depends on it sees a change only where there is one. */
function sameOr<T>(old: T | undefined, data: T): T {
  return old !== undefined && JSON.stringify(old) === JSON.stringify(data) ? old : data;
}

import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { invalidate } from "../data/cache.ts";
import { type Problems, problemsOf } from "../data/problems.ts";
import { lack, type Scope } from "../session/session.ts";
import { Action } from "./action.tsx";
import { Failure } from "./failure.tsx";
import "./form.css";

type Options<T> = {
  /** What the fields say: the same content is sent with the same key, however often. */
  content: unknown;
  /** Sends it. The key belongs in the header `Idempotency-Key`, where the operation takes one. */
  send: (key: string) => Promise<T>;
  onDone: (result: T) => void;
  /** The API's paths below which something has changed then. */
  changes?: string[];
};

/** The state of a form that sends something to the API. */
export type FormState = {
  submit: () => void;
  isBusy: boolean;
  error: unknown;
  problems: Problems;
  /** Removes the problem of a field that is being changed. */
  clear: (name: string) => void;
};

/** Makes the state of a form: its problems are those of the API's last answer. A second submit is ignored. */
export function useForm<T>({ content, send, onDone, changes = [] }: Options<T>): FormState {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [problems, setProblems] = useState<Problems>(new Map());
  const text = JSON.stringify(content);
  const key = useMemo(() => crypto.randomUUID(), [text]);
  const running = useRef(false);
  const submit = async () => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    try {
      const result = await send(key);
      fail(null);
      invalidate(...changes);
      onDone(result);
    } catch (thrown) {
      fail(thrown);
    }
    running.current = false;
    setBusy(false);
  };
  const fail = (thrown: unknown) => {
    setError(thrown);
    setProblems(problemsOf(thrown));
  };
  const clear = (name: string) => setProblems((old) => new Map([...old].filter(([each]) => each !== name)));
  return { submit: () => void submit(), isBusy, error, problems, clear };
}

const Problem = createContext<Pick<FormState, "problems" | "clear">>({ problems: new Map(), clear: () => {} });

/** What is wrong with a field of the form around it, and what removes that. */
export function useProblem(name: string): { problem: string | undefined; clear: () => void } {
  const { problems, clear } = useContext(Problem);
  return { problem: problems.get(name), clear: () => clear(name) };
}

type Props = {
  form: FormState;
  /** Problems that are known before anything is submitted, such as those of a preview. */
  earlier?: Problems;
  label: string;
  children: ComponentChildren;
};

/** A form: problems are beside their fields, of which the first takes the focus, and the others are listed above. */
export function Form({ form, earlier, label, children }: Props) {
  const { submit, error, problems, clear } = form;
  const element = useRef<HTMLFormElement>(null);
  const [rest, setRest] = useState<unknown>(null);
  const shown = useMemo(() => ({ problems: new Map([...(earlier ?? []), ...problems]), clear }), [earlier, problems]);
  useEffect(() => {
    const found = problemsOf(error);
    const hasField = (name: string) => element.current?.elements.namedItem(name) instanceof Element;
    setRest(error !== null && (found.size === 0 || [...found.keys()].some((name) => !hasField(name))) ? error : null);
    if (found.size > 0) element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  return (
    <form
      ref={element}
      class="stack"
      aria-label={label}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Problem.Provider value={shown}>
        {rest !== null && <Failure error={rest} />}
        {children}
      </Problem.Provider>
    </form>
  );
}

type SubmitProps = { form: FormState; children: string; kind?: "primary" | "danger" | "plain"; scope?: Scope };

/** The button that submits the form around it; without the scope that this needs, it says so. */
export function Submit({ form, children, kind = "primary", scope }: SubmitProps) {
  if (scope !== undefined && lack(scope) !== null) {
    return (
      <div class="row">
        <Action kind={kind} scope={scope} onClick={() => {}}>
          {children}
        </Action>
      </div>
    );
  }
  return (
    <div class="row">
      <button class={kind} aria-busy={form.isBusy}>
        {children}
      </button>
    </div>
  );
}

import type { ComponentChildren } from "preact";
import type { Read } from "../data/read.ts";
import { Failure } from "./failure.tsx";
import { Skeleton } from "./skeleton.tsx";

type Props<T> = {
  read: Read<T>;
  /** How many lines the skeleton has, and how high each is in pixels. */
  lines?: number;
  height?: number;
  children: (data: T) => ComponentChildren;
};

/** What was read: a skeleton at first, then the data, which stay while newer ones are read and when that fails. */
export function Loaded<T>({ read, lines = 3, height = 20, children }: Props<T>) {
  const { data, error, isLoading, reload } = read;
  const failure = error && <Failure error={error} retry={() => reload()} />;
  if (data === undefined) return failure ?? <Skeleton lines={lines} height={height} />;
  return (
    <div class="stack" aria-busy={isLoading}>
      {failure}
      {children(data)}
    </div>
  );
}

import { useEffect, useRef, useState } from "preact/hooks";
import { toPath, toQuery } from "../../client/src/url.ts";
import type { Init, PathOf } from "../../client/src/index.ts";
import { saveCsv } from "../data/csv.ts";
import { counted } from "../format/number.ts";
import { Failure } from "./failure.tsx";

type Props<P extends PathOf<"get">> = { path: P; init: Init<P, "get"> };

/** A button that saves what an operation answers as CSV: all its pages, with progress, and an end to it. */
export function Csv<P extends PathOf<"get">>({ path, init }: Props<P>) {
  const [pages, setPages] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const controller = useRef<AbortController | null>(null);
  useEffect(() => () => controller.current?.abort(), []);
  const { path: values = {}, query = {} } = init as { path?: Record<string, unknown>; query?: Record<string, unknown> };
  const save = async () => {
    const { page: _, ...rest } = query;
    const own = new AbortController();
    controller.current = own;
    setError(null);
    setPages(0);
    try {
      await saveCsv(
        `${toPath(path, values)}?${toQuery({ ...rest, ...("limit" in rest && { limit: 100 }) })}`,
        setPages,
        own.signal,
      );
    } catch (thrown) {
      if (!own.signal.aborted) setError(thrown);
    }
    setPages(null);
  };
  return (
    <>
      <button type="button" onClick={() => (pages === null ? void save() : controller.current?.abort())}>
        {pages === null ? "CSV" : `CSV: ${counted(pages, "page")}. Stop`}
      </button>
      <span role="status" class="hidden-text">
        {pages !== null && "CSV is being read."}
      </span>
      {error !== null && <Failure error={error} />}
    </>
  );
}

/** The operator's setting; it is optional, so the generated type Env does not contain it. */
type Settings = { EXPORT?: R2Bucket };

/** Returns the bucket with the binding EXPORT, into which events are written; null where there is none. */
export function exportOf(env: object): R2Bucket | null {
  return (env as Settings).EXPORT ?? null;
}

/** Where an organization's data is: in the shared D1 database, or in a Durable Object of its own. */
export const STORE_KINDS = ["d1", "object"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

/**
 * Reads the variable STORE: the store of organizations that do not exist yet.
 * @throws an Error for any other text, so that a mistyped value does not lead to an empty store
 */
export function defaultStore(variable: string | undefined): StoreKind {
  const kind = STORE_KINDS.find((each) => each === (variable ?? "d1"));
  if (kind === undefined) throw new Error(`the variable STORE should be ${STORE_KINDS.join(" or ")}`);
  return kind;
}
